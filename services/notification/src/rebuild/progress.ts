/** Tells how far a reading is: records, rate, and per cent of what the log held at the start. */
export interface Progress {
  add(records: number): void;
}

const EVERY_MS = 2_000;

/**
 * @param expected records that the topic holds
 * @param now milliseconds of a clock that is never set back
 */
export function createProgress(
  expected: bigint,
  print: (line: string) => void,
  now: () => number = () => performance.now(),
): Progress {
  const start = now();
  let [records, printed] = [0, start];
  return {
    add(more) {
      records += more;
      const time = now();
      if (time - printed < EVERY_MS) return;
      printed = time;
      const perSecond = Math.round((records * 1_000) / (time - start));
      // Events that come meanwhile are read too.
      const share = expected === 0n ? 100 : Math.min(100, Math.floor((records * 100) / Number(expected)));
      print(`${records} of ${expected} records (${share} %), ${perSecond}/s`);
    },
  };
}
