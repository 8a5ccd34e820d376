import { expect, onTestFinished, test } from "vitest";
import { startWorker, type Worker } from "./start-worker.ts";

interface Question {
  readonly divide: number;
}

function start(): Worker<Question, number> {
  const worker = startWorker<Question, number>(new URL("../testing/dividing-worker.ts", import.meta.url));
  onTestFinished(() => worker.end());
  return worker;
}

test("a worker answers one question after the other, and ends when it is let go", async () => {
  const worker = start();
  expect(await worker.ask({ divide: 8 })).toBe(4);
  expect(await worker.ask({ divide: 2 })).toBe(1);
  await worker.end();
  expect(() => process.kill(worker.pid, 0)).toThrow("ESRCH");
});

test("a worker that cannot answer is reported with its exit code", async () => {
  await expect(start().ask({ divide: 7 })).rejects.toThrow("ended with exit code 1 before it answered");
});
