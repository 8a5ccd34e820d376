import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { EngineError } from "../engine-error.ts";

const TIMEOUT_MS = 30_000;
const PAUSE_MS = 25;
/** istiod gathers changes until none has come for 100 ms (PILOT_DEBOUNCE_AFTER), then works them in and pushes. */
const QUIET_MS = 300;

const resourceShape = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().default(""), resourceVersion: z.string() }),
});
const listShape = z.object({ items: z.array(resourceShape) });
const pushShape = z.object({ sent: z.string().default(""), acked: z.string().default(""), sentTime: z.string() });
const proxiesShape = z.array(z.object({ proxy: z.string(), resources: z.record(z.string(), pushShape).default({}) }));

export interface Settling {
  /** host:port of istiod's debug and metrics endpoints. */
  readonly debugAddress: string;
  /** The JSON list of all resources of Istio that the API server has. */
  readonly listResources: () => Promise<string>;
}

/**
 * Resolves when istiod has worked in what the API server has now, and each connected sidecar has confirmed the result.
 * @throws EngineError CONTROL_PLANE_START_FAILED when that takes longer than 30 s, with what is missing
 */
export async function waitUntilSettled({ debugAddress, listResources }: Settling): Promise<void> {
  const ask = async (path: string): Promise<string> => {
    const answer = await fetch(`http://${debugAddress}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`istiod answers ${path} with status ${answer.status}`);
    return answer.text();
  };
  const wanted = identify(listShape.parse(JSON.parse(await listResources())).items);
  const deadline = Date.now() + TIMEOUT_MS;
  await until(deadline, async () => {
    const known = new Set(identify(z.array(resourceShape).parse(JSON.parse(await ask("/debug/configz")))));
    const unknown = wanted.filter((resource) => !known.has(resource));
    return unknown.length === 0 ? undefined : `istiod does not know ${unknown.join(", ")}`;
  });

  let [last, since] = ["", 0];
  await until(deadline, async () => {
    const counts = countsOfChanges(await ask("/metrics"));
    if (counts !== last) [last, since] = [counts, Date.now()];
    return Date.now() - since >= QUIET_MS ? undefined : `changes still arrive at istiod: ${counts}`;
  });

  const pushedAt = Date.now();
  await ask("/debug/adsz?push=true");
  await until(deadline, async () => {
    const proxies = proxiesShape.parse(JSON.parse(await ask("/debug/syncz")));
    const behind = proxies.filter(({ resources }) => !Object.values(resources).every(hasConfirmed(pushedAt)));
    return behind.length === 0 ? undefined : `no confirmation of ${behind.map(({ proxy }) => proxy).join(", ")}`;
  });
}

/** Each version of a resource is another. */
function identify(resources: readonly z.infer<typeof resourceShape>[]): string[] {
  return resources.map(({ kind, metadata }) => {
    return `${kind} ${metadata.namespace}/${metadata.name} of version ${metadata.resourceVersion}`;
  });
}

/** What has come in and what has gone out. */
function countsOfChanges(metrics: string): string {
  const lines = metrics.split("\n");
  return lines.filter((line) => /^pilot_(inbound_updates|debounce_time_count)\b/.test(line)).join(" ");
}

/** What was never sent, for a sidecar that has nothing of the kind, is not waited for. */
function hasConfirmed(pushedAtMs: number): (push: z.infer<typeof pushShape>) => boolean {
  return ({ sent, acked, sentTime }) => sent === "" || (sent === acked && Date.parse(sentTime) >= pushedAtMs);
}

async function until(deadline: number, missing: () => Promise<string | undefined>): Promise<void> {
  for (;;) {
    const what = await missing();
    if (what === undefined) return;
    if (Date.now() > deadline) {
      throw new EngineError("CONTROL_PLANE_START_FAILED", `after ${TIMEOUT_MS / 1000} s ${what}`);
    }
    await delay(PAUSE_MS);
  }
}
