// The decoding rules of google.api.http: what one segment captures is decoded in full; in what several segments
// capture, an encoded slash stays as it is, because decoded it would look like a boundary of segments.

function decodeKeepingSlashes(segment: string): string {
  if (!segment.includes("%")) return segment;
  let decoded = "";
  let start = 0;
  for (let at = segment.indexOf("%"); at >= 0; at = segment.indexOf("%", at + 3)) {
    const code = segment.slice(at, at + 3);
    if (code !== "%2F" && code !== "%2f") continue;
    decoded += decodeURIComponent(segment.slice(start, at)) + code;
    start = at + 3;
  }
  return decoded + decodeURIComponent(segment.slice(start));
}

/** Text that a variable captures from segments `from` up to, not including, `to`. Throws URIError. */
export function captured(segments: readonly string[], from: number, to: number, multi: boolean): string {
  if (!multi) {
    const segment = segments[from] ?? "";
    return segment.includes("%") ? decodeURIComponent(segment) : segment;
  }
  return segments.slice(from, to).map(decodeKeepingSlashes).join("/");
}

/** Decodes a name or a value of a query, where a plus sign is a space. Throws URIError. */
export function decodeQueryText(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  return spaced.includes("%") ? decodeURIComponent(spaced) : spaced;
}
