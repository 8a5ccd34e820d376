// Dumps for specs: of a bootstrap as Envoy dumps it, and places in a dump that a spec changes.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bootstrap } from "../../../gen/envoy/envoy/config/bootstrap/v3/bootstrap.ts";

type Json = Record<string, unknown>;

const admin = "type.googleapis.com/envoy.admin.v3";

/** What Envoy prints of a configuration that is all in its bootstrap, each part once. */
export function dumpOf(bootstrap: Bootstrap): unknown {
  const { listeners = [], clusters = [] } = bootstrap.static_resources ?? {};
  return structuredClone({
    configs: [
      { "@type": `${admin}.BootstrapConfigDump`, bootstrap: { node: bootstrap.node } },
      { "@type": `${admin}.ClustersConfigDump`, static_clusters: clusters.map((cluster) => ({ cluster })) },
      { "@type": `${admin}.ListenersConfigDump`, static_listeners: listeners.map((listener) => ({ listener })) },
    ],
  });
}

/** What a sidecar of a real istiod had; recorded by tools/record-istiod-dumps.ts. */
export async function istiodDump(workload: string): Promise<unknown> {
  return JSON.parse(await readFile(join(import.meta.dirname, "..", "testdata", `istiod-${workload}.json`), "utf8"));
}

/** Every object at any depth of which the predicate holds. */
export function objectsIn(value: unknown, holds: (object: Json) => boolean): Json[] {
  if (Array.isArray(value)) return value.flatMap((item) => objectsIn(item, holds));
  if (typeof value !== "object" || value === null) return [];
  const object = value as Json;
  return [...(holds(object) ? [object] : []), ...Object.values(object).flatMap((item) => objectsIn(item, holds))];
}

/** The only object of which the predicate holds; throws when there is none, or more than one. */
export function objectIn(value: unknown, holds: (object: Json) => boolean): Json {
  const [found, ...others] = objectsIn(value, holds);
  if (found === undefined || others.length > 0)
    throw new Error(`${others.length + (found ? 1 : 0)} objects found, not 1`);
  return found;
}
