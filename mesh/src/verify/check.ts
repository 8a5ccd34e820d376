// What a check is, and what it finds.
import type { Mesh } from "../model/mesh.ts";
import type { Sourced } from "../model/source.ts";
import { describeSource } from "../model/source.ts";
import type { StartBed } from "./bed/bed.ts";

export type Verdict = "passed" | "failed" | "not applicable";

/** One claim that was put to the proof. */
export interface Finding {
  /** What it is about: `gateway → inventory, GetItem`. */
  readonly subject: string;
  readonly expected: string;
  /** Lines of the policies, or defaults, that say so. */
  readonly from: readonly string[];
  /** What clients, and servers, saw; for a claim that does not apply, why. */
  readonly saw: string;
  /** Envoy's own, as it names them. */
  readonly counters: string;
  readonly verdict: Verdict;
}

export interface CheckContext {
  readonly mesh: Mesh;
  readonly startBed: StartBed;
  /** By which the checks divide interval and base time of ejections. */
  readonly timeLapse: number;
}

export interface Check {
  /** For `--only`. */
  readonly name: string;
  readonly claim: string;
  run(context: CheckContext): Promise<readonly Finding[]>;
}

export interface CheckResult {
  readonly name: string;
  readonly claim: string;
  readonly findings: readonly Finding[];
  readonly durationMs: number;
  /** Why it could not be carried out. */
  readonly error: string | undefined;
}

export const hasFailed = ({ findings, error }: CheckResult): boolean =>
  error !== undefined || findings.some(({ verdict }) => verdict === "failed");

/** Where values come from, each line once. */
export const linesOf = (...values: readonly Sourced<unknown>[]): string[] => [
  ...new Set(values.map(({ source }) => describeSource(source))),
];

export const verdictOf = (passed: boolean): Verdict => (passed ? "passed" : "failed");

/** A claim that this policy does not make. */
export const notApplicable = (subject: string, why: string, from: readonly string[]): Finding => ({
  subject,
  expected: "nothing",
  from,
  saw: why,
  counters: "",
  verdict: "not applicable",
});
