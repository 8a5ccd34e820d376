// Path templates of google.api.http:
//   Template = "/" Segments [ Verb ];  Segments = Segment { "/" Segment };  Segment = "*" | "**" | LITERAL | Variable
//   Variable = "{" FieldPath [ "=" Segments ] "}";  FieldPath = IDENT { "." IDENT };  Verb = ":" LITERAL

/** One segment that a path must have at its place: fixed text (percent-decoded), any one segment, or all the rest. */
export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "single" }
  | { readonly kind: "rest" };

/** A part of the path that is bound to a request field: segments `from` up to, not including, `to`. */
export interface TemplateVariable {
  readonly fieldPath: readonly string[];
  readonly from: number;
  readonly to: number;
  /** More than one segment is captured, so that an encoded slash must stay encoded to keep its meaning. */
  readonly multi: boolean;
  /** It captures `**`: `to` moves to the end of the path. */
  readonly open: boolean;
}

export interface PathTemplate {
  readonly source: string;
  readonly segments: readonly Segment[];
  readonly variables: readonly TemplateVariable[];
  readonly verb: string | undefined;
}

const IDENT = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LITERAL = /^[^/{}*=:?#\s]+$/;

class Parser {
  readonly segments: Segment[] = [];
  readonly variables: TemplateVariable[] = [];
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  fail(reason: string): never {
    throw new Error(`path template "${this.source}": ${reason}`);
  }

  /** Reads what stands between slashes; braces hold slashes of their own. */
  split(text: string): string[] {
    const parts: string[] = [];
    let depth = 0;
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (c === "{") depth++;
      else if (c === "}") depth--;
      else if (c === "/" && depth === 0) {
        parts.push(text.slice(start, i));
        start = i + 1;
      }
      if (depth < 0 || depth > 1) this.fail("braces must match and must not be nested");
    }
    if (depth !== 0) this.fail("braces must match and must not be nested");
    parts.push(text.slice(start));
    return parts;
  }

  plainSegment(text: string): void {
    if (this.segments.at(-1)?.kind === "rest") this.fail("** must be the last segment");
    if (text === "*") this.segments.push({ kind: "single" });
    else if (text === "**") this.segments.push({ kind: "rest" });
    else if (LITERAL.test(text)) this.segments.push({ kind: "literal", text: this.decode(text) });
    else this.fail(`"${text}" is no segment; allowed: literal text, *, ** or {field}`);
  }

  decode(text: string): string {
    try {
      return decodeURIComponent(text);
    } catch {
      return this.fail(`"${text}" is not well percent-encoded`);
    }
  }

  variable(text: string): void {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const pattern = equals < 0 ? "*" : text.slice(equals + 1);
    const fieldPath = name.split(".");
    if (!fieldPath.every((part) => IDENT.test(part))) this.fail(`"${name}" is no field path`);
    if (this.variables.some((other) => other.fieldPath.join(".") === name)) this.fail(`{${name}} is bound twice`);
    const from = this.segments.length;
    for (const part of this.split(pattern)) this.plainSegment(part);
    const to = this.segments.length;
    const open = this.segments.at(-1)?.kind === "rest";
    this.variables.push({ fieldPath, from, to, multi: open || to - from > 1, open });
  }
}

/** Where the verb's colon is: the last one outside of braces, after the last slash. -1 when there is no verb. */
function verbColon(source: string): number {
  const colon = source.lastIndexOf(":");
  return colon > source.lastIndexOf("/") && colon > source.lastIndexOf("}") ? colon : -1;
}

/** Parses a template. Throws, naming the template and the fault, when it is not one. */
export function parsePathTemplate(source: string): PathTemplate {
  const parser = new Parser(source);
  if (!source.startsWith("/")) parser.fail('must start with "/"');
  const colon = verbColon(source);
  const verb = colon < 0 ? undefined : source.slice(colon + 1);
  if (verb !== undefined && !LITERAL.test(verb)) parser.fail(`":${verb}" is no verb`);
  const path = colon < 0 ? source.slice(1) : source.slice(1, colon);
  for (const part of parser.split(path)) {
    if (part.startsWith("{") && part.endsWith("}")) parser.variable(part.slice(1, -1));
    else parser.plainSegment(part);
  }
  const { segments, variables } = parser;
  return { source, segments, variables, verb: verb === undefined ? undefined : parser.decode(verb) };
}
