// Where in a template's text a value stands.

import { TemplateFormat } from "./template";

/** Where a value stands, which decides how it is escaped. */
export enum Place { Text, JSONString, JSONValue, XML, HTML, HTMLAttribute, Form, URL }

enum State {
  Outside, // of a JSON string; text between XML's tags
  InString, AfterBackslash,
  InTag, InDouble, InSingle, InComment, InCDATA, InInstruction, InDeclaration,
  InHost, InScheme, InPath, InQuery,
}

/** Follows a template's text and knows what is open. */
export class Context {
  private state: State;
  private hex: i32 = 0; // digits of \u that are to come

  constructor(private format: TemplateFormat) { this.state = format == TemplateFormat.URL ? State.InScheme : State.Outside; }

  /** All that it knows: where two are equal, they go on equally. */
  where(): i32 { return <i32>this.state << 8 | this.hex; }

  place(): Place {
    switch (this.format) {
      case TemplateFormat.JSON: return this.state == State.Outside ? Place.JSONValue : Place.JSONString;
      case TemplateFormat.XML: return Place.XML;
      case TemplateFormat.HTML: return this.state == State.Outside ? Place.HTML : Place.HTMLAttribute;
      case TemplateFormat.Mrkdwn: return Place.HTML;
      case TemplateFormat.Form: return Place.Form;
      case TemplateFormat.URL: return Place.URL;
    }
    return Place.Text;
  }

  /** Why no value can stand here; "" when one can. */
  refuses(): string {
    if (this.format == TemplateFormat.XML || this.format == TemplateFormat.HTML) return this.xmlRefuses();
    if (this.format == TemplateFormat.JSON && this.state != State.Outside && (this.state != State.InString || this.hex > 0)) {
      return "a value cannot stand in the middle of an escape";
    }
    if (this.format == TemplateFormat.URL && this.state != State.InPath && this.state != State.InQuery) {
      return "a value cannot choose the link's scheme or host: write them out, or begin with a slash";
    }
    return "";
  }

  private xmlRefuses(): string {
    switch (this.state) {
      case State.Outside: case State.InDouble: case State.InSingle: return "";
      case State.InTag: return "inside a tag a value can only stand in an attribute's quotes";
      case State.InComment: return "a value cannot stand in a comment";
      case State.InCDATA: return "a value cannot stand in a CDATA section; leave CDATA out, values are escaped";
    }
    return "a value cannot stand in a declaration or processing instruction";
  }

  /** Goes past a piece of the template's own text. */
  feed(text: string): void {
    if (this.format == TemplateFormat.JSON) for (let i = 0; i < text.length; i++) this.feedJSON(text.charCodeAt(i));
    if (this.format == TemplateFormat.XML || this.format == TemplateFormat.HTML) this.feedXML(text);
    if (this.format == TemplateFormat.URL) this.feedURL(text);
  }

  private feedJSON(c: i32): void {
    if (this.state == State.AfterBackslash) {
      this.state = State.InString;
      if (c == 0x75) this.hex = 4;
    } else if (this.hex > 0 && c != 0x22) {
      this.hex--;
    } else if (c == 0x22) {
      this.hex = 0;
      this.state = this.state == State.InString ? State.Outside : State.InString;
    } else if (c == 0x5c && this.state == State.InString) {
      this.state = State.AfterBackslash;
    }
  }

  // Looks for what opens and closes. A construct that a value cuts in two is taken for the one that allows no value.
  private feedXML(text: string): void {
    for (let at = 0; at < text.length;) {
      if (this.state == State.Outside) {
        at = text.indexOf("<", at);
        if (at < 0) return;
        at = this.openXML(text, at);
      } else if (this.state == State.InTag) {
        const c = text.charCodeAt(at++);
        if (c == 0x3e) this.state = State.Outside;
        else if (c == 0x22) this.state = State.InDouble;
        else if (c == 0x27) this.state = State.InSingle;
      } else {
        const closer = this.closer();
        at = text.indexOf(closer, at);
        if (at < 0) return;
        at += closer.length;
        this.state = this.state == State.InDouble || this.state == State.InSingle ? State.InTag : State.Outside;
      }
    }
  }

  private closer(): string {
    switch (this.state) {
      case State.InDouble: return '"';
      case State.InSingle: return "'";
      case State.InComment: return "-->";
      case State.InCDATA: return "]]>";
      case State.InInstruction: return "?>";
    }
    return ">";
  }

  // Goes past what begins with the < at a place.
  private openXML(text: string, at: i32): i32 {
    if (text.startsWith("<!--", at)) return this.opened(State.InComment, at + 4);
    if (text.startsWith("<![CDATA[", at)) return this.opened(State.InCDATA, at + 9);
    if (text.startsWith("<?", at)) return this.opened(State.InInstruction, at + 2);
    if (text.startsWith("<!", at)) return this.opened(State.InDeclaration, at + 2);
    return this.opened(State.InTag, at + 1);
  }

  private opened(state: State, at: i32): i32 {
    this.state = state;
    return at;
  }

  // Finds out where the host ends. A link that begins with one slash, a question mark or a number sign has none.
  private feedURL(text: string): void {
    for (let i = 0; i < text.length && this.state != State.InQuery; i++) {
      const c = text.charCodeAt(i);
      if (c == 0x3f || c == 0x23) {
        this.state = State.InQuery;
      } else if (this.state == State.InScheme && text.startsWith("//", i)) {
        this.state = State.InHost;
        i++;
      } else if (c == 0x2f) {
        this.state = State.InPath;
      }
    }
  }
}
