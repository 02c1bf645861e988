// What the module "plugboard" offers to scripts, for editors: sdk/script/README.md.
declare module "plugboard" {
  /** A path into a document: "data.agent.id", "items.0.id"; a backslash makes a dot part of a name. */
  type Path = string;
  /** What RFC 3339 has for a time, in any zone; a Date; milliseconds since 1970. */
  type Time = string | Date | number;
  type Int = number | bigint;

  export function get(value: unknown, path: Path): any;
  export function set(object: object, path: Path, value: unknown): void;

  export class Doc {
    constructor(value: unknown);
    readonly root: any;
    get(path: Path): any;
    text(path: Path): string | undefined;
    int(path: Path): Int | undefined;
    number(path: Path): Int | undefined;
    bool(path: Path): boolean | undefined;
    time(path: Path): string | undefined;
    take(path: Path): any;
    takeText(path: Path): string | undefined;
    takeInt(path: Path): Int | undefined;
    takeNumber(path: Path): Int | undefined;
    takeBool(path: Path): boolean | undefined;
    takeTime(path: Path): string | undefined;
    rest(): any;
  }

  /** Throw it: how the call ends. */
  interface Stop extends Error { readonly stop: 1 | 2 | 3 | 4; }
  export function reject(reason: string): Stop;
  export function drop(reason: string): Stop;
  export function retry(reason: string): Stop;
  export function fail(reason: string): Stop;

  export const config: Readonly<Record<string, any>>;
  /** The configuration over all keys that there may be, with their defaults; refuses what is of another kind or not among them. */
  export function decodeConfig<T extends object>(defaults: T): T;
  export function sameName(a: string, b: string): boolean;
  export function fact(name: string): string | undefined;
  export const facts: {
    readonly function: string;
    readonly source?: string;
    readonly destination?: string;
    readonly route?: string;
    readonly attempt: number;
    readonly receivedAt?: string;
    readonly memo: any;
  };
  export function lookup(table: string, key: string): string | undefined;
  export const state: {
    get(key: string): string | undefined;
    set(key: string, value: string | Uint8Array, ttlSeconds?: number): void;
    remove(key: string): void;
  };
  export function sign(secret: string, algorithm: "sha256" | "sha1" | "sha512", data: string | Uint8Array): Uint8Array | undefined;
  export function hex(bytes: Uint8Array): string;
  export function base64(data: string | Uint8Array): string;
  export function fromBase64(text: string): Uint8Array;
  export function decode(bytes: Uint8Array): string;
  export function time(t: Time): string | undefined;
  export function parse(text: string): any;
  export function stringify(value: unknown): string;

  /** A text with {{data.agent.name}} in it, whose values are escaped for where they stand. */
  interface Template { render(value: unknown): string; }
  export function template(text: string, format: "text" | "json" | "xml" | "form" | "url" | "header" | "html" | "mrkdwn"): Template;

  interface Log { (...parts: unknown[]): void; }
  export const log: { debug: Log; info: Log; warn: Log; error: Log };

  /** What receive is handed. */
  interface Request {
    readonly method: string;
    readonly path: string;
    readonly query: string;
    readonly source: string;
    readonly remoteAddr: string;
    readonly receivedAt: string;
    readonly body: string;
    header(name: string): string | undefined;
    bytes(): Uint8Array;
    json(): any;
    doc(): Doc;
    text(path: Path): string | undefined;
    form(): Record<string, string>;
    queryFields(): Record<string, string>;
  }

  interface Events {
    add(type: string): Event;
    copy(event: object): Event;
    reply(status: number, body?: string): Reply;
  }
  interface Reply { header(name: string, value: string): Reply; }

  /** A CloudEvent in the making. */
  interface Event {
    data: any;
    set(path: Path, value: unknown): void;
    id(id: string | Int): void;
    idFrom(...parts: unknown[]): void;
    origin(vendor: string, account?: string | Int): void;
    source(source: string): void;
    type(type: string): void;
    vendorType(type: string): void;
    subject(kind: string, id: string | Int | undefined): void;
    time(t: Time | undefined): boolean;
    received(t: Time | undefined): void;
    derived(...paths: Path[]): void;
    echo(key: string, value: string): void;
    attribute(name: string, value: unknown): void;
    remove(path: Path): void;
  }

  /** What format is handed, and verdict.next() gives. */
  interface Outgoing {
    method(method: string): void;
    url(url: string): void;
    path(...parts: unknown[]): void;
    query(name: string, value: unknown): void;
    header(name: string, value: unknown): void;
    form(name: string, value: unknown): void;
    json(value: unknown): void;
    text(body: string): void;
    bytes(body: Uint8Array): void;
    effect(key: string, value: string): void;
    memo(value: unknown): void;
  }

  /** What encode is handed: the request that the vendor would have sent. */
  interface Message {
    method(method: string): void;
    path(...parts: unknown[]): void;
    query(name: string, value: unknown): void;
    header(name: string, value: unknown): void;
    form(name: string, value: unknown): void;
    json(value: unknown): void;
    text(body: string): void;
    bytes(body: Uint8Array): void;
  }

  /** What judge is handed. */
  interface Answer {
    readonly event: any;
    readonly step: number;
    readonly request: any;
    readonly status: number;
    readonly body: string;
    readonly memo: any;
    header(name: string): string | undefined;
    json(): any;
  }
  interface Verdict {
    delivered(): void;
    next(): Outgoing;
    retry(reason?: string): Again;
    dead(why: string): void;
    disable(why: string): void;
    slowDown(seconds: number): void;
    noEffect(): void;
    memo(value: unknown): void;
  }
  interface Again {
    afterSeconds(n: number | string): Again;
    at(t: Time): Again;
    refreshAuth(): Again;
  }
}
