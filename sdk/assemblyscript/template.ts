// Texts filled with values so that no value can change the text's structure.
//
// The language is a part of Mustache: {{data.agent.name}} for a value, {{#path}}…{{/path}} for what stands there if the path
// leads to something (once, with names looked up in it first; for a list once for each element, {{.}} being it),
// {{^path}}…{{/path}} for what stands there if not, and {{! a remark }}. A section's tag alone on its line takes the line with
// it. Absent values and null render empty.
//
// A template is for one format. From the text around a value it is found out where the value stands, and that decides how it
// is escaped: in JSON it is a string's content inside of quotes and a value outside of them, in XML character data, in a form
// and a link percent-encoded. Where a value cannot be made safe, as in the name of an element or the host of a link, the
// template is refused. What comes out is checked: JSON and XML must parse, a header is one line. There is no way round: triple
// braces and {{&name}} are refused.

import { checkResult } from "./check";
import { Value } from "./json";
import { Context, Place } from "./place";
import { Frame, Result } from "./render";

/** What a template makes. */
export enum TemplateFormat {
  /** Values stand as they are. */
  Text,
  /** One JSON value. */
  JSON,
  /** One XML document. */
  XML,
  /** application/x-www-form-urlencoded: name={{value}}&other={{value}}. */
  Form,
  /** A link, absolute or relative. */
  URL,
  /** A header line's value. */
  Header,
  /** A piece of HTML as chats take it: values are text, or stand in an attribute's quotes. */
  HTML,
  /** Slack's markup, in which &, < and > alone have a meaning that a value could carry. */
  Mrkdwn,
}

export enum Piece { Text, Value, Section, Inverted }

/** A piece of text, a value, or a section. */
export class Node {
  place: Place = Place.Text;
  body: Node[] = [];
  first: string; // the path's first name, and what is behind its dot
  rest: string = "";
  constructor(public kind: Piece, public text: string) { // as it stands, or the path
    const dot = kind == Piece.Text || text == "." ? -1 : text.indexOf(".");
    this.first = dot < 0 ? text : text.substring(0, dot);
    if (dot >= 0) this.rest = text.substring(dot + 1);
  }
}

/** A template. Make it in a global variable or in init; its fault is "" when it was read. */
export class Template {
  private nodes: Node[];
  private unread: bool;
  /** What is wrong with the template, with line and column, or with what render made last; "" when nothing is. */
  fault: string = "";

  constructor(text: string, private format: TemplateFormat) {
    const reader = new Reader(text, format);
    this.nodes = reader.nodes("", 0);
    this.fault = reader.fault;
    this.unread = this.fault != "";
  }

  /** Fills the template from a value: event.value(). Null when the result cannot be used; fault is then the reason. */
  render(root: Value): string | null {
    if (this.unread) return null;
    const result = new Result();
    result.put(this.nodes, new Frame(root, null));
    const text = result.text();
    this.fault = result.isOver() ? "result is longer than 1 MiB" : checkResult(this.format, text);
    return this.fault == "" ? text : null;
  }
}

const maxNesting = 32;

// What stands between two braces and two braces; to is 0 when there is no further one.
class Tag {
  from: i32 = 0; // in the text, braces included
  to: i32 = 0;
  sigil: string = "";
  name: string = "";
}

class Reader {
  private at: i32 = 0;
  private context: Context;
  fault: string = "";

  constructor(private text: string, format: TemplateFormat) { this.context = new Context(format); }

  // Notes the first fault, with its place: characters are counted, not their units.
  private wrong(at: i32, reason: string): void {
    if (this.fault != "") return;
    let line = 1, column = 1;
    for (let i = 0; i < at; i++) {
      const c = this.text.charCodeAt(i);
      if (c == 0x0a) {
        line++;
        column = 1;
      } else if (c < 0xdc00 || c > 0xdfff) {
        column++;
      }
    }
    this.fault = "line " + line.toString() + ", column " + column.toString() + ": " + reason;
  }

  // Reads up to the end of the section called open, or to the end of the text when open is "".
  nodes(open: string, depth: i32): Node[] {
    const list: Node[] = [];
    while (this.fault == "") {
      const tag = this.next();
      if (this.fault != "") break;
      if (tag.to == 0) {
        if (open != "") this.wrong(this.text.length, "section " + open + " is not closed: {{/" + open + "}} is missing");
        else this.literal(list, this.text.length);
        break;
      }
      const began = tag.from;
      if (tag.sigil != "") this.wholeLine(tag);
      this.literal(list, tag.from);
      this.at = tag.to;
      if (tag.sigil == "!") continue;
      if (tag.sigil == "/") {
        if (open == "" || tag.name != open) this.wrong(began, "{{/" + tag.name + "}} closes no section that is open here");
        break;
      }
      if (tag.sigil == "") this.value(list, tag.name, began);
      else this.section(list, tag, began, depth);
    }
    return list;
  }

  private value(list: Node[], name: string, began: i32): void {
    const node = new Node(Piece.Value, name);
    const reason = this.context.refuses();
    if (reason != "") this.wrong(began, reason);
    node.place = this.context.place();
    list.push(node);
  }

  // Reads a section whose opening tag was just read. It must leave off where it began, in a string or out of it, or whether it
  // is rendered would change what follows.
  private section(list: Node[], tag: Tag, began: i32, depth: i32): void {
    if (depth == maxNesting) return this.wrong(began, "sections stand more than 32 deep");
    const node = new Node(tag.sigil == "#" ? Piece.Section : Piece.Inverted, tag.name);
    const before = this.context.where();
    node.body = this.nodes(tag.name, depth + 1);
    if (this.context.where() != before) {
      this.wrong(began, "section " + tag.name + " begins and ends in different places of the text, such as inside and outside of quotes");
    }
    list.push(node);
  }

  // Adds the text up to the place to, if there is any.
  private literal(list: Node[], to: i32): void {
    if (to <= this.at) return;
    const text = this.text.substring(this.at, to);
    this.context.feed(text);
    list.push(new Node(Piece.Text, text));
  }

  // Finds the next tag.
  private next(): Tag {
    const tag = new Tag();
    const from = this.text.indexOf("{{", this.at);
    if (from < 0) return tag;
    const stop = this.text.indexOf("}}", from);
    if (this.text.startsWith("{{{", from)) {
      this.wrong(from, "three braces: values are always escaped; write two, with a space after a brace that is meant");
    } else if (stop < 0) {
      this.wrong(from, "{{ is not closed");
    } else {
      tag.from = from;
      tag.to = stop + 2;
      tag.name = this.text.substring(from + 2, stop).trim();
      if (tag.name != "" && "!/#^&>=$<".includes(tag.name.charAt(0))) {
        tag.sigil = tag.name.charAt(0);
        tag.name = tag.name.substring(1).trim();
      }
      this.check(tag);
    }
    return tag;
  }

  // Refuses what is not in the language.
  private check(tag: Tag): void {
    const name = tag.name;
    if (tag.sigil == "!") return;
    if (tag.sigil == "&") return this.wrong(tag.from, "{{&…}}: values are always escaped");
    if (tag.sigil != "" && ">=$<".includes(tag.sigil)) return this.wrong(tag.from, "{{" + tag.sigil + "…}} is not in this language");
    if (name == "") return this.wrong(tag.from, "{{}} has no name in it");
    for (let i = 0; i < name.length; i++) {
      if (" \t\r\n{}\"".includes(name.charAt(i))) {
        return this.wrong(tag.from, "the name " + name + " holds a space, quote or brace; a name is a path such as data.agent.name");
      }
    }
    if (name != "." && (name.startsWith(".") || name.endsWith(".") || name.includes(".."))) {
      this.wrong(tag.from, "the path " + name + " has a step without a name");
    }
  }

  private blank(i: i32): bool {
    return i >= 0 && i < this.text.length && (this.text.charCodeAt(i) == 0x20 || this.text.charCodeAt(i) == 0x09);
  }

  // Widens a section's tag to its line, when nothing else stands there.
  private wholeLine(tag: Tag): void {
    let from = tag.from, to = tag.to;
    while (from > this.at && this.blank(from - 1)) from--;
    if (from > 0 && this.text.charCodeAt(from - 1) != 0x0a) return;
    while (this.blank(to)) to++;
    if (to == this.text.length) {
      if (from == 0) return;
    } else if (this.text.startsWith("\r\n", to)) {
      to += 2;
    } else if (this.text.charCodeAt(to) == 0x0a) {
      to++;
    } else {
      return;
    }
    tag.from = from;
    tag.to = to;
  }
}
