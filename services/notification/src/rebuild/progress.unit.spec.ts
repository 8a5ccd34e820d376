import { expect, test } from "vitest";
import { createProgress } from "./progress.ts";

function at(expected: bigint) {
  const lines: string[] = [];
  let time = 0;
  const progress = createProgress(
    expected,
    (line) => void lines.push(line),
    () => time,
  );
  const add = (records: number, ms: number) => {
    time = ms;
    progress.add(records);
  };
  return { lines, add };
}

test("it tells of every two seconds, with the rate since the start", () => {
  const { lines, add } = at(10_000n);
  add(1_000, 500);
  add(1_000, 2_000);
  add(1_000, 3_000);
  add(1_000, 4_000);
  expect(lines).toEqual(["2000 of 10000 records (20 %), 1000/s", "4000 of 10000 records (40 %), 1000/s"]);
});

test("more than there was at the start is all of it", () => {
  const { lines, add } = at(100n);
  add(150, 2_000);
  expect(lines).toEqual(["150 of 100 records (100 %), 75/s"]);
});
