// The configuration read into what the plugin keeps, strictly: what is misspelt is found when it is taken into use.

import { config, reject, Stop } from "./call";
import { Kind, Value } from "./json";
import { escapeName } from "./object";

/** Reads the configuration: read takes each key that there may be, and keeps it. The answer is null, or refuses a value that
 * does not fit or a key that nobody took, by its path. Hand it on in init:
 *
 *     Init(() => decodeConfig(c => { account = c.str("account", account); limit = c.int("limit", limit); }))
 */
export function decodeConfig(read: (from: Settings) => void): Stop | null {
  const from = new Settings(config(), "", null);
  read(from);
  from.close();
  return from.fault == "" ? null : reject(from.fault);
}

/** An object of the configuration. What is not there, or null, is the value that otherwise names. */
export class Settings {
  private known: string[] = [];
  private within: Settings[] = [];
  /** Of the configuration itself: what does not fit, with its path; "" when all does. */
  fault: string = "";

  constructor(private whole: Value, private path: string, private above: Settings | null) {
    const kind = whole.kind();
    if (kind > Kind.Null && kind != Kind.Object) this.wrong(path, "want an object");
  }

  /** A text; of a number or a truth, as it is written. */
  str(name: string, otherwise: string = ""): string {
    const v = this.value(name);
    if (v.kind() <= Kind.Null) return otherwise;
    if (v.kind() >= Kind.Object) this.wrong(this.place(name), "want a text");
    return v.str();
  }

  /** A whole number, also from a text. */
  int(name: string, otherwise: i64 = 0): i64 {
    const v = this.value(name);
    if (v.kind() <= Kind.Null) return otherwise;
    if (!v.isInt()) this.wrong(this.place(name), "want a whole number that fits");
    return v.int();
  }

  /** A number, also from a text. */
  float(name: string, otherwise: f64 = 0): f64 {
    const v = this.value(name);
    if (v.kind() <= Kind.Null) return otherwise;
    const n = v.float();
    if (isNaN(n)) this.wrong(this.place(name), "want a number");
    return n;
  }

  /** true or false, also from a text. */
  bool(name: string, otherwise: bool = false): bool {
    const v = this.value(name);
    if (v.kind() <= Kind.Null) return otherwise;
    if (!v.isBool()) this.wrong(this.place(name), "want true or false");
    return v.bool();
  }

  /** A list of texts. */
  strs(name: string): string[] {
    const v = this.value(name), list: string[] = [];
    if (v.kind() > Kind.Null && v.kind() != Kind.Array) this.wrong(this.place(name), "want a list");
    for (let i = 0; v.kind() == Kind.Array && i < v.len(); i++) {
      const e = v.index(i);
      if (e.kind() >= Kind.Object) this.wrong(this.place(name) + "." + i.toString(), "want a text");
      list.push(e.str());
    }
    return list;
  }

  /** An object within, read in the same way: what is not taken of it is refused too. */
  object(name: string): Settings {
    const s = new Settings(this.value(name), this.place(name), this);
    this.within.push(s);
    return s;
  }

  /** A value as it is, whatever is in it. */
  value(name: string): Value {
    this.known.push(name);
    return this.whole.member(name);
  }

  /** Refuses what nobody took; decodeConfig calls it. */
  close(): void {
    for (let i = 0; this.whole.kind() == Kind.Object && i < this.whole.len(); i++) {
      const name = this.whole.index(i).name();
      if (!this.known.includes(name)) this.wrong(this.place(name), "unknown key");
    }
    for (let i = 0; i < this.within.length; i++) this.within[i].close();
  }

  private place(name: string): string {
    const key = escapeName(name);
    return this.path == "" || key == "" ? this.path + key : this.path + "." + key;
  }

  // The first fault counts; it is told at the top.
  private wrong(path: string, what: string): void {
    const above = this.above;
    if (above) above.wrong(path, what);
    else if (this.fault == "") this.fault = path == "" ? what : path + ": " + what;
  }
}
