// Reads the runs that `mesh verify --measured` wrote.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UsageError } from "../exit-codes.ts";
import type { Mesh } from "../model/mesh.ts";
import { findScenario } from "../scenario/find-scenario.ts";
import type { CalibrationRun } from "./calibrate.ts";
import { valuesFor } from "./simulate-under.ts";

const counts = z.record(z.string(), z.number());

const outcomeShape = z.object({
  requests: z.number().min(1),
  succeeded: z.number(),
  failed: counts,
  tries: counts,
  retries: z.number(),
  retriesRefused: z.number(),
  refused: z.number(),
  ejections: z.array(
    z
      .object({ host: z.string(), atMs: z.number(), untilMs: z.number().optional() })
      .transform(({ host, atMs, untilMs }) => ({ host, atMs, untilMs })),
  ),
  latencyMs: z.object({ p50: z.number(), p90: z.number(), p99: z.number(), max: z.number() }),
});

const runsShape = z.array(z.object({ scenario: z.string(), outcome: outcomeShape })).min(1);

/** The runs alone, or the whole report that they are a part of. */
const fileShape = z.union([runsShape, z.object({ scenarios: runsShape }).transform(({ scenarios }) => scenarios)]);

/**
 * @param mesh the policies that were in effect
 * @throws UsageError for a file that holds no runs, or that names a scenario or a method that is not there
 */
export async function readMeasured(mesh: Mesh, file: string): Promise<CalibrationRun[]> {
  const text = await readFile(file, "utf8");
  const parsed = fileShape.safeParse(parseJson(text, file));
  if (!parsed.success) throw new UsageError(`${file} holds no runs of mesh verify: ${z.prettifyError(parsed.error)}`);
  return Promise.all(
    parsed.data.map(async ({ scenario: name, outcome }) => {
      const { scenario } = await findScenario(mesh.folder, name);
      return { name, scenario, values: valuesFor(mesh, scenario), outcome };
    }),
  );
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
