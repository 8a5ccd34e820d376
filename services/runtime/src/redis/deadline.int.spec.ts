import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { DeadlineError, withDeadline } from "./deadline.ts";

/** Answers 20 ms after it was asked, whatever this thread does meanwhile. */
const slowServer = `
  const { createServer } = require("node:net");
  const { parentPort } = require("node:worker_threads");
  const server = createServer((socket) => socket.on("data", () => setTimeout(() => socket.write("answer"), 20)));
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

async function connectToSlowServer(): Promise<Socket> {
  const worker = new Worker(slowServer, { eval: true });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = (await once(worker, "message")) as [number];
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

function keepBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test("what settles in time settles as it does", async () => {
  expect(await withDeadline(Promise.resolve(7), 1_000)).toBe(7);
  const reason = new Error("no");
  await expect(withDeadline(Promise.reject(reason), 1_000)).rejects.toBe(reason);
});

test("what never settles fails when the time is up, and not before", async () => {
  const begin = performance.now();
  await expect(withDeadline(new Promise(() => undefined), 30)).rejects.toBeInstanceOf(DeadlineError);
  expect(performance.now() - begin).toBeGreaterThanOrEqual(29);
});

test("an answer counts that arrived in time while this process was busy", async () => {
  const socket = await connectToSlowServer();
  socket.write("question");
  const answer = withDeadline(once(socket, "data"), 200);
  // Right after the clock has started.
  setImmediate(() => keepBusy(300));
  expect(String(await answer)).toBe("answer");
});

test("the time begins when the question is written, not while this process is too busy to write it", async () => {
  const socket = await connectToSlowServer();
  setImmediate(() => socket.write("question"));
  const answer = withDeadline(once(socket, "data"), 200);
  keepBusy(300);
  expect(String(await answer)).toBe("answer");
});
