// Finds the calls of services in a file, once it is known under which names clients are kept.
import type { Catalog, Method } from "../model/catalog.ts";
import { type ClientNames, clientServices } from "./find-clients.ts";
import { child, nameOf, type SourceFile, walk } from "./parse-source.ts";

export interface CodeCall {
  readonly service: string;
  /** undefined: chosen at run time, so any method may be meant. */
  readonly method: string | undefined;
  readonly file: string;
  readonly line: number;
}

/** Every `client.method(…)` of the file. */
export function findCalls({ file, program }: SourceFile, names: ClientNames, catalog: Catalog): CodeCall[] {
  const calls: CodeCall[] = [];
  walk(program, (node) => {
    if (node.type !== "CallExpression" && node.type !== "OptionalCallExpression") return;
    const callee = child(node, "callee");
    const client = child(callee, "object");
    if (callee === undefined || client === undefined) return;
    const line = child(callee, "property")?.loc?.start.line ?? node.loc?.start.line ?? 1;
    for (const service of new Set(clientServices(client, names, file, catalog))) {
      if (callee["computed"] === true) calls.push({ service, method: undefined, file, line });
      else {
        const method = methodNamed(catalog, service, nameOf(child(callee, "property")));
        if (method !== undefined) calls.push({ service, method: method.name, file, line });
      }
    }
  });
  return calls;
}

/** Generated clients name a method with a small first letter; some keep it as the proto has it. */
function methodNamed(catalog: Catalog, service: string, name: string | undefined): Method | undefined {
  return catalog
    .get(service)
    ?.methods.find((method) => method.name === name || method.name[0]?.toLowerCase() + method.name.slice(1) === name);
}
