// A plugin made with Extism's kit for AssemblyScript: what it does with its input, the input's first line says.
import { Config, Host, LogLevel, Var } from "@extism/as-pdk";

function abort(message: string | null, fileName: string | null, lineNumber: u32, columnNumber: u32): void {
  if (message) Host.log(LogLevel.Error, message);
  unreachable();
}

// The kit's outputString cuts what is not ASCII short.
function output(s: string): void {
  Host.output(Uint8Array.wrap(String.UTF8.encode(s)));
}

export function receive(): i32 {
  const input = Host.inputString();
  const at = input.indexOf("\n");
  const what = input.substring(0, at);
  const rest = input.substring(at + 1);
  if (what == "config") {
    const value = Config.get(rest);
    output(value ? value : "absent");
  } else if (what == "remember") {
    Var.set("last", Uint8Array.wrap(String.UTF8.encode(rest)));
  } else if (what == "recall") {
    const last = Var.getString("last");
    output(last ? last : "absent");
  } else if (what == "throw") {
    throw new Error(rest);
  } else if (what == "short") {
    Host.outputString(rest);
  } else {
    output(rest);
  }
  return 0;
}
