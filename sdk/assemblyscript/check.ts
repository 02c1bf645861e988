// Whether what a template made is what it was to make.

import { encode } from "./host";
import { Doc } from "./json";
import { TemplateFormat } from "./template";
import { XML } from "./xml";

const made = new Doc(); // not the one of parse, whose values the template may have been filled with

/** Why a result is not what the format asks for; "" when it is. */
export function checkResult(format: TemplateFormat, s: string): string {
  switch (format) {
    case TemplateFormat.JSON: {
      const size = encode(s, made.space(s.length * 3));
      return made.read(size) ? "" : "result is not JSON: " + made.fault;
    }
    case TemplateFormat.XML: {
      const reason = new XML(s).check();
      return reason == "" ? "" : "result is not XML: " + reason;
    }
    case TemplateFormat.Header:
      for (let i = 0; i < s.length; i++) {
        const c = s.charCodeAt(i);
        if ((c < 0x20 && c != 0x09) || c == 0x7f) return "result is not one line: it holds a line end or another control character";
      }
      return "";
    case TemplateFormat.Form: case TemplateFormat.URL:
      for (let i = 0; i < s.length; i++) {
        const c = s.charCodeAt(i);
        if (c <= 0x20 || c == 0x7f) return "result holds a space, a line end or another control character";
      }
      return format == TemplateFormat.URL ? checkPath(s) : "";
  }
  return "";
}

// Refuses a link whose path climbs: a segment . or .. would be taken away, with the one before it, by whoever reads the link,
// however it is encoded. Two slashes at the beginning, as an empty first segment makes them, would turn the second segment
// into a host.
function checkPath(link: string): string {
  if (link.startsWith("//")) return "result begins with two slashes, which makes a host of what follows";
  let end = 0;
  while (end < link.length && link.charCodeAt(end) != 0x3f && link.charCodeAt(end) != 0x23) end++;
  const segments = link.substring(0, end).split("/");
  for (let i = 0; i < segments.length; i++) {
    const plain = segments[i].length > 6 ? "" : segments[i].replaceAll("%2e", ".").replaceAll("%2E", ".");
    if (plain == "." || plain == "..") return "result has a path with the segment " + segments[i];
  }
  return "";
}
