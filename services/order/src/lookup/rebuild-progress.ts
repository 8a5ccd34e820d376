// Tells people how far a rebuild is: one line that is written over on a terminal, else a line now and then.
import type { RebuildProgress } from "./rebuild.ts";

export interface ProgressLines {
  show(progress: RebuildProgress, total: bigint): void;
}

const TERMINAL_MS = 200;
const PLAIN_MS = 5_000;

export function createProgressLines(
  out: { readonly isTTY?: boolean; write(text: string): unknown },
  now: () => number = () => performance.now(),
): ProgressLines {
  const begin = now();
  let shownStep = "";
  let shownAt = Number.NEGATIVE_INFINITY;

  return {
    show(progress, total) {
      const { step } = progress;
      const due = now() - shownAt >= (out.isTTY ? TERMINAL_MS : PLAIN_MS);
      if (step === shownStep && !due) return;
      const over = out.isTTY && step === shownStep;
      if (out.isTTY && shownStep !== "" && !over) out.write("\n");
      out.write(`${over ? "\r\u001b[2K" : ""}${lineOf(progress, total, now() - begin)}${out.isTTY ? "" : "\n"}`);
      if (out.isTTY && step === "done") out.write("\n");
      shownStep = step;
      shownAt = now();
    },
  };
}

function lineOf({ step, records, entries }: RebuildProgress, total: bigint, elapsedMs: number): string {
  const seconds = (elapsedMs / 1000).toFixed(1);
  if (records === 0) return `${seconds} s  ${step}`;
  const percent = total === 0n ? 100 : Math.min(100, Math.floor((records * 100) / Number(total)));
  return `${seconds} s  ${step}: ${percent} % of the log, ${records} records, ${entries} entries`;
}
