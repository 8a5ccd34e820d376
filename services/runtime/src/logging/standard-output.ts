import { writeSync } from "node:fs";
import type { DestinationStream } from "pino";

const STDOUT = 1;
const FULL_PIPE_WAIT_MS = 10;
const LONGEST_WAIT_MS = 500;

/**
 * Standard output, written line by line. A process must be able to end when nobody reads its output any more: pino's
 * own stream (sonic-boom 5) tries a closed pipe again for ever, in a loop that no signal and no timer can leave.
 * Here a closed pipe ends the logging, and a pipe that stays full costs lines, not the process.
 */
export function standardOutput(): DestinationStream {
  let closed = false;
  return {
    write(line) {
      let rest = Buffer.from(line);
      for (let waited = 0; rest.length > 0 && !closed; ) {
        try {
          rest = rest.subarray(writeSync(STDOUT, rest));
        } catch (error) {
          const full = error instanceof Error && "code" in error && error.code === "EAGAIN";
          if (full && waited >= LONGEST_WAIT_MS) return;
          if (full) waited += pause();
          else closed = true;
        }
      }
    },
  };
}

function pause(): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS);
  return FULL_PIPE_WAIT_MS;
}
