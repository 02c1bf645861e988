// Filling templates. What is made grows in memory outside the collector's, which is emptied between calls only.

import { encode, decode } from "./host";
import { Kind, Value } from "./json";
import { escapeText } from "./object";
import { escapeXML, percent } from "./escape";
import { Place } from "./place";
import { Node, Piece } from "./template";

const maxOutput = 1 << 20;

/** A section under way, and the ones around it. */
export class Frame {
  constructor(public value: Value, private up: Frame | null) {}

  /** Looks a node's path up: its first name in the innermost section that has it. */
  find(node: Node): Value {
    if (node.text == ".") return this.value;
    let f: Frame | null = this;
    while (f) {
      const v = f.value.member(node.first);
      if (v.exists()) return node.rest == "" ? v : v.get(node.rest);
      f = f.up;
    }
    return Value.absent();
  }
}

// Whether a section is rendered: for what is there, not empty and not false.
function holds(v: Value): bool { return !v.empty() && v.kind() != Kind.False; }

let memoryAt: usize = 0, memorySize: i32 = 0; // one template is filled at a time

/** What a template makes. */
export class Result {
  private used: i32 = 0;

  isOver(): bool { return this.used > maxOutput; }

  text(): string {
    const s = this.isOver() ? "" : decode(memoryAt, this.used);
    if (memorySize > 65536) { // a large result is no measure for the next
      heap.free(memoryAt);
      memoryAt = 0;
      memorySize = 0;
    }
    return s;
  }

  put(nodes: Node[], frame: Frame): void {
    for (let i = 0; i < nodes.length && !this.isOver(); i++) {
      const node = unchecked(nodes[i]);
      if (node.kind == Piece.Text) {
        this.add(node.text);
        continue;
      }
      const v = frame.find(node);
      if (node.kind == Piece.Value) this.value(v, node.place);
      else if (holds(v) == (node.kind == Piece.Section)) this.section(node, v, frame);
    }
  }

  private section(node: Node, v: Value, frame: Frame): void {
    if (node.kind == Piece.Inverted) {
      this.put(node.body, frame);
    } else if (v.kind() != Kind.Array) {
      this.put(node.body, new Frame(v, frame));
    } else {
      for (let e = v.index(0); e.exists() && !this.isOver(); e = e.following(v)) this.put(node.body, new Frame(e, frame));
    }
  }

  // A value as its place asks for it: a list or object as JSON, inside of what is no JSON.
  private value(v: Value, place: Place): void {
    const kind = v.kind();
    const s = kind >= Kind.Object ? v.raw() : v.str();
    switch (place) {
      case Place.JSONValue:
        if (kind > Kind.Null && kind != Kind.String) return this.add(v.raw());
        this.add('"');
        this.escape(s);
        return this.add('"');
      case Place.JSONString: return this.escape(s);
      case Place.XML: return this.add(escapeXML(s, true, true));
      case Place.HTML: return this.add(escapeXML(s, false, false));
      case Place.HTMLAttribute: return this.add(escapeXML(s, true, false));
      case Place.Form: return this.add(percent(s, true, false));
      case Place.URL: return this.add(percent(s, false, false));
    }
    this.add(s);
  }

  private add(s: string): void { this.used += encode(s, this.room(s.length * 3)); }
  private escape(s: string): void { this.used += escapeText(s, this.room(s.length * 6)); }

  // Memory for n bytes behind what is there.
  private room(n: i32): usize {
    if (this.used + n > memorySize) {
      const size = max(memorySize * 2, this.used + n + 4096), to = heap.alloc(size);
      if (memoryAt != 0) {
        memory.copy(to, memoryAt, this.used);
        heap.free(memoryAt);
      }
      memoryAt = to;
      memorySize = size;
    }
    return memoryAt + this.used;
  }
}
