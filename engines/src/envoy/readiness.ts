import { open, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../engine-error.ts";
import { createAdmin, type EnvoyAdmin } from "./admin.ts";
import type { EnvoyExit, EnvoyInstallation } from "./model.ts";
import { linesOf } from "./said.ts";
import { validateBootstrap } from "./validate.ts";

const TIMEOUT_MS = 30_000;
const PAUSE_MS = 20;
const TAIL_LINES = 20;

export interface Readiness {
  readonly name: string;
  readonly installation: EnvoyInstallation;
  readonly folder: string;
  readonly files: { readonly bootstrap: string; readonly log: string; readonly admin: string };
  /** Where in the log this run begins, in bytes. */
  readonly logFrom: number;
  readonly exited: Promise<EnvoyExit>;
}

/**
 * Resolves when the process itself has said where its admin endpoint is, and that says that it is live. Asking a known
 * port misleads: another program may have it while this one is about to end for that reason.
 * @throws EngineError ENVOY_CONFIG_INVALID, ENVOY_START_FAILED
 */
export async function waitUntilLive(readiness: Readiness): Promise<EnvoyAdmin> {
  const { name, exited, files } = readiness;
  const over = new AbortController();
  const live = untilLive(files.admin, over.signal);
  const late = delay(TIMEOUT_MS, "late" as const, { signal: over.signal });
  // The losers of the race end now or with the process, and nobody else listens to them.
  for (const loser of [live, late]) loser.catch(() => undefined);
  const first = await Promise.race([live, exited, late]).finally(() => over.abort());
  if (first === "late") {
    const said = await tailOf(readiness);
    throw new EngineError("ENVOY_START_FAILED", `${name} was not live within ${TIMEOUT_MS / 1000} s: ${said}`);
  }
  if ("asked" in first) throw await startError(first, readiness);
  return first;
}

async function untilLive(adminFile: string, signal: AbortSignal): Promise<EnvoyAdmin> {
  for (;;) {
    const address = await readFile(adminFile, "utf8").catch(() => "");
    if (address !== "") {
      const admin = createAdmin(address);
      if (await admin.ready()) return admin;
    }
    await delay(PAUSE_MS, undefined, { signal });
  }
}

/** A configuration that Envoy refuses by itself is told apart from one that this machine cannot run just now. */
async function startError(exit: EnvoyExit, readiness: Readiness): Promise<EngineError> {
  const { name, installation, files, folder } = readiness;
  // Throws in its own words when it is the former.
  await validateBootstrap(installation, files.bootstrap, { folder });
  const end = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
  const said = await tailOf(readiness);
  return new EngineError("ENVOY_START_FAILED", `${name} ended before it was live (${end}): ${said}`);
}

/** The end of what this run said. */
async function tailOf({ files, logFrom }: Readiness): Promise<string> {
  const log = await open(files.log);
  try {
    const said = await log.createReadStream({ start: logFrom, encoding: "utf8", autoClose: false }).toArray();
    return linesOf(said.join("")).slice(-TAIL_LINES).join("\n") || "it said nothing";
  } finally {
    await log.close();
  }
}
