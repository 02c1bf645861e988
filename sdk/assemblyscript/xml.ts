// Whether a text is a well-formed XML document. It knows no document types, which nobody should send, and does not resolve
// namespaces.

const outside = "text outside of the outermost element";
const maxOpen = 512;

function space(c: i32): bool { return c == 0x20 || c == 0x09 || c == 0x0a || c == 0x0d; }

// A character that XML has; the halves of pairs are met one by one.
function character(c: i32): bool { return c >= 0x20 ? c != 0xfffe && c != 0xffff : space(c); }

// Letters of all scripts are taken to be allowed in a name.
function letter(c: i32): bool { return ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a) || c == 0x5f || c == 0x3a || c >= 0x80; }

/** A text that is to be XML. */
export class XML {
  private at: i32 = 0;
  private open: string[] = []; // elements
  private rooted: bool = false; // an outermost element has begun

  constructor(private s: string) {}

  /** Why it is no document; "" when it is one. */
  check(): string {
    for (let i = 0; i < this.s.length; i++) if (!character(this.s.charCodeAt(i))) return "it holds a character that XML does not have";
    while (this.at < this.s.length) {
      const reason = this.next();
      if (reason != "") return reason;
    }
    if (this.open.length > 0) return "element " + this.open[this.open.length - 1] + " is not closed";
    return this.rooted ? "" : "it has no element";
  }

  // Goes past a text, a tag or what else begins with <.
  private next(): string {
    if (!this.ahead("<")) return this.text();
    if (this.skip("<!--")) {
      return this.through("--", "comment") == "" && this.skip(">") ? "" : "comment is not closed, or has -- in it";
    }
    if (this.skip("<![CDATA[")) return this.open.length == 0 ? outside : this.through("]]>", "CDATA section");
    if (this.skip("<?")) return this.through("?>", "processing instruction");
    if (this.skip("<!")) return "a document type is not allowed";
    return this.skip("</") ? this.closing() : this.opening();
  }

  private ahead(s: string): bool { return this.s.startsWith(s, this.at); }

  private skip(s: string): bool {
    if (!this.ahead(s)) return false;
    this.at += s.length;
    return true;
  }

  private through(closer: string, what: string): string {
    const i = this.s.indexOf(closer, this.at);
    if (i < 0) return what + " is not closed";
    this.at = i + closer.length;
    return "";
  }

  private text(): string {
    const from = this.at, i = this.s.indexOf("<", from);
    this.at = i < 0 ? this.s.length : i;
    const text = this.s.substring(from, this.at);
    if (this.open.length == 0) {
      for (let k = 0; k < text.length; k++) if (!space(text.charCodeAt(k))) return outside;
    }
    return text.includes("]]>") ? "]]> in a text" : references(text);
  }

  private closing(): string {
    const name = this.name();
    this.space();
    if (this.open.length == 0 || this.open.pop() != name || !this.skip(">")) return "</" + name + "> closes no element that is open there";
    return "";
  }

  private opening(): string {
    this.at++;
    const name = this.name();
    if (name == "") return "< without a name";
    if (this.open.length == 0 && this.rooted) return "more than one outermost element";
    if (this.open.length == maxOpen) return "elements nested deeper than 512";
    this.rooted = true;
    const seen: string[] = [];
    while (true) {
      const spaced = this.space();
      if (this.skip("/>")) return "";
      if (this.skip(">")) {
        this.open.push(name);
        return "";
      }
      if (!spaced) return "tag " + name + " is malformed";
      const attribute = this.name();
      const reason = this.attribute(attribute);
      if (reason != "") return "tag " + name + ": " + reason;
      if (seen.includes(attribute)) return "tag " + name + ": attribute " + attribute + " stands twice";
      seen.push(attribute);
    }
  }

  // What follows an attribute's name.
  private attribute(name: string): string {
    if (name == "") return "malformed attribute, or not closed";
    this.space();
    if (!this.skip("=")) return "attribute " + name + " has no value";
    this.space();
    if (!this.ahead('"') && !this.ahead("'")) return "attribute " + name + " is not in quotes";
    const from = this.at + 1, to = this.s.indexOf(this.s.charAt(this.at), from);
    const value = to < 0 ? "<" : this.s.substring(from, to);
    if (value.includes("<")) return "attribute " + name + " is not closed, or has < in it";
    this.at = to + 1;
    return references(value);
  }

  // Goes past white space and says whether there was any.
  private space(): bool {
    const before = this.at;
    while (this.at < this.s.length && space(this.s.charCodeAt(this.at))) this.at++;
    return this.at > before;
  }

  private name(): string {
    const from = this.at;
    for (; this.at < this.s.length; this.at++) {
      const c = this.s.charCodeAt(this.at);
      const inner = c == 0x2d || c == 0x2e || (c >= 0x30 && c <= 0x39);
      if (!letter(c) && (this.at == from || !inner)) break;
    }
    return this.s.substring(from, this.at);
  }
}

// Looks at a text for references that are none.
function references(text: string): string {
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", at + 1)) {
    const end = text.indexOf(";", at);
    if (end < 0) return "& that begins no reference; write &amp;";
    const name = text.substring(at + 1, end);
    if (name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "apos") continue;
    const shown = name.length > 16 ? name.substring(0, 16) + "…" : name;
    if (!name.startsWith("#") || name.length == 1) return "reference &" + shown + "; is not known; write &amp; for &";
    if (!isCharacter(name.substring(1))) return "reference &" + shown + "; is no character";
  }
  return "";
}

// Reads a decimal or, after x, hexadecimal number of a character.
function isCharacter(digits: string): bool {
  const base = digits.startsWith("x") ? 16 : 10;
  let n = 0, i = base == 16 ? 1 : 0;
  if (i == digits.length) return false;
  for (; i < digits.length; i++) {
    const c = digits.charCodeAt(i), low = (c | 0x20) - 0x61;
    const digit = c >= 0x30 && c <= 0x39 ? c - 0x30 : low >= 0 && low < 6 ? low + 10 : 99;
    if (digit >= base) return false;
    n = n * base + digit;
    if (n > 0x10ffff) return false;
  }
  return character(n) && (n < 0xd800 || n > 0xdfff);
}
