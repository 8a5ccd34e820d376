// Runs checks and scenarios one after the other, each on a bed of its own, and puts down what came of them.
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Mesh } from "../model/mesh.ts";
import type { StartBed } from "./bed/bed.ts";
import { hasFailed } from "./check.ts";
import { type CheckRun, messageOf, runCheck } from "./run-check.ts";
import { runScenarioSoundly, type ScenarioRun } from "./scenarios/run-scenario.ts";
import type { Selection } from "./selection.ts";

/** By which checks divide interval and base time of ejections, unless somebody wants another factor. */
export const usualTimeLapse = 10;

export interface VerifyOptions {
  readonly mesh: Mesh;
  readonly startBed: StartBed;
  /** `Envoy 1.40.0`. */
  readonly proxy: string;
  readonly selection: Selection;
  readonly timeLapse?: number;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** From 0. */
  readonly index: number;
  readonly total: number;
  readonly name: string;
  /** undefined: it begins now. */
  readonly ended?: { readonly passed: boolean; readonly durationMs: number };
}

/** A scenario that could not be driven. */
export interface ScenarioFailure {
  readonly scenario: string;
  readonly error: string;
}

export interface VerifyReport {
  readonly passed: boolean;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly namespace: string;
  readonly environment: string;
  /** Changes with any policy, caller or overlay in effect: which policies it was that were verified. */
  readonly fingerprint: string;
  readonly proxy: string;
  readonly node: string;
  readonly machine: string;
  readonly timeLapse: number;
  readonly checks: readonly CheckRun[];
  readonly scenarios: readonly ScenarioRun[];
  readonly scenarioFailures: readonly ScenarioFailure[];
}

export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { mesh, startBed, selection, timeLapse = usualTimeLapse } = options;
  const startedAt = new Date();
  const total = selection.checks.length + selection.scenarios.length;
  let index = 0;
  const step = async <T>(name: string, run: () => Promise<T>, isPassed: (result: T) => boolean): Promise<T> => {
    const at = { index: index++, total, name };
    options.onProgress?.(at);
    const start = performance.now();
    const result = await run();
    options.onProgress?.({ ...at, ended: { passed: isPassed(result), durationMs: performance.now() - start } });
    return result;
  };
  const checks: CheckRun[] = [];
  for (const check of selection.checks) {
    const run = () => runCheck(check, { mesh, startBed, timeLapse });
    checks.push(await step(check.name, run, (result) => !hasFailed(result)));
  }
  const scenarios: (ScenarioRun | ScenarioFailure)[] = [];
  for (const { name, scenario } of selection.scenarios) {
    const run = (): Promise<ScenarioRun | ScenarioFailure> =>
      runScenarioSoundly(startBed, mesh, name, scenario).catch((error) => ({
        scenario: name,
        error: messageOf(error),
      }));
    scenarios.push(await step(name, run, isDriven));
  }
  const scenarioFailures = scenarios.filter(isFailure);
  return {
    passed: !checks.some(hasFailed) && scenarioFailures.length === 0,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    namespace: mesh.settings.value.namespace,
    environment: mesh.environment,
    fingerprint: fingerprintOf(mesh),
    proxy: options.proxy,
    node: process.version,
    machine: `${process.platform} ${process.arch}, ${availableParallelism()} CPUs`,
    timeLapse,
    checks,
    scenarios: scenarios.filter(isDriven),
    scenarioFailures,
  };
}

const isDriven = (run: ScenarioRun | ScenarioFailure): run is ScenarioRun => "outcome" in run;
const isFailure = (run: ScenarioRun | ScenarioFailure): run is ScenarioFailure => !isDriven(run);

function fingerprintOf({ settings, callers, services }: Mesh): string {
  const policies = [...services.values()].map(({ policy, overlay, replicas }) => [
    policy.value,
    overlay?.value,
    replicas,
  ]);
  const text = JSON.stringify([settings.value, callers.value, policies]);
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
