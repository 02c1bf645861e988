// The Plugboard SDK for AssemblyScript: sdk/assemblyscript/README.md.

export { Receive, Transform, Format, Judge, Encode, Init, Request, Events, Reply, Event, Incoming, Outgoing, Answer, Verdict, Again,
  Stop, reject, drop, retry, fail, config, parse } from "./call";
export { Doc, Value, Kind } from "./json";
export { Obj, escapeName } from "./object";
export { fact, lookup, state, setState, sign, HMACSHA256, HMACSHA1, HMACSHA512, debug, info, warn, error } from "./host";
export { decodeConfig, Settings } from "./settings";
export { sameName } from "./name";
export { time, timeFromUnix } from "./time";
export { xml, segment, base64, fromBase64, hex } from "./escape";
export { Template, TemplateFormat } from "./template";
