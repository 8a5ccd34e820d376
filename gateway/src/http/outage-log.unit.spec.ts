import { createLogger } from "@ordermesh/runtime/logging";
import { expect, it } from "vitest";
import { OutageLog } from "./outage-log.ts";

it("logs the first failure of a method at once, and those of the next second together", () => {
  const lines: unknown[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  let now = 0;
  const log = new OutageLog(createLogger({ name: "test", instance: "test-1", destination }), () => now);
  log.note("A", "UNAVAILABLE", "r1");
  log.note("A", "UNAVAILABLE", "r2");
  log.note("B", "UNAVAILABLE", "r3");
  now = 999;
  log.note("A", "UNAVAILABLE", "r4");
  now = 1_000;
  log.note("A", "DEADLINE_EXCEEDED", "r5");
  expect(lines).toMatchObject([
    { method: "A", failures: 1, requestId: "r1" },
    { method: "B", failures: 1, requestId: "r3" },
    { method: "A", failures: 3, requestId: "r5", code: "DEADLINE_EXCEEDED" },
  ]);
});
