// What is being done, on standard error: one line that changes on a terminal, a line for each end elsewhere.
import { paint } from "../../output/colour.ts";
import type { Progress } from "../verify.ts";

/** @param stream standard error where nothing is said */
export function progressPrinter(stream: NodeJS.WriteStream = process.stderr): (progress: Progress) => void {
  const clear = stream.isTTY ? "\r\u001b[K" : "";
  return ({ index, total, name, ended }) => {
    const place = `[${index + 1}/${total}]`;
    if (ended === undefined) {
      if (stream.isTTY) stream.write(`${clear}${place} ${name} …`);
      return;
    }
    const verdict = ended.passed ? paint("good", "passed", stream) : paint("bad", "failed", stream);
    stream.write(`${clear}${place} ${name} ${verdict}, ${(ended.durationMs / 1000).toFixed(1)} s\n`);
  };
}
