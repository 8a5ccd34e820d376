// A test server and a client, without a proxy between them.
import { status } from "@grpc/grpc-js";
import { findFreePorts } from "@ordermesh/engines/envoy";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Service } from "../../model/catalog.ts";
import { always, everyNth } from "./chance.ts";
import { createTestClient, type TestClient } from "./client.ts";
import { sendCalls } from "./load.ts";
import { rawCall } from "./raw-response.ts";
import { startTestServer, type TestServer } from "./test-server.ts";
import { until } from "./until.ts";

const method = (name: string): Service["methods"][number] => ({
  service: "lab.Echo",
  name,
  path: `/lab.Echo/${name}`,
  idempotency: "unknown",
  streaming: "unary",
  http: false,
  file: "echo.proto",
  line: 1,
});
const echo: Service = { name: "lab.Echo", file: "echo.proto", line: 1, methods: [method("Say"), method("Sing")] };
const say = "/lab.Echo/Say";

let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  const [port = 0] = await findFreePorts(1);
  server = await startTestServer([echo], port);
  client = createTestClient(`127.0.0.1:${port}`);
  onTestFinished(async () => {
    client.close();
    await server.stop();
  });
});

test("it answers every method of the service, counts tries by method and by call, and forgets them", async () => {
  const result = await client.call(say);
  await client.call("/lab.Echo/Sing");
  expect(result).toMatchObject({ status: "OK", path: say });
  expect([server.tries(say), server.tries(), server.triesOf(result.id)]).toEqual([1, 2, 1]);
  server.clearCounts();
  expect([server.tries(), server.triesOf(result.id)]).toEqual([0, 0]);
});

test("a method that it does not have is UNIMPLEMENTED and not counted", async () => {
  expect((await client.call("/lab.Echo/Shout")).status).toBe("UNIMPLEMENTED");
  expect(server.tries()).toBe(0);
});

test("it fails the share of calls that it was told to", async () => {
  server.behave({ fails: { status: status.ABORTED, when: everyNth(3) } });
  const results = await sendCalls(6, 1, () => client.call(say));
  expect(results.map((result) => result.status)).toEqual(["OK", "OK", "ABORTED", "OK", "OK", "ABORTED"]);
});

test("an error of grpc-js is trailers-only, and one after headers is told apart from it", async () => {
  const address = `127.0.0.1:${server.port}`;
  server.behave({ fails: { status: status.UNAVAILABLE, when: always } });
  expect(await rawCall(address, say)).toEqual({ trailersOnly: true, grpcStatus: "14" });
  server.behave({ fails: { status: status.UNAVAILABLE, when: always, afterHeaders: true } });
  expect(await rawCall(address, say)).toEqual({ trailersOnly: false, grpcStatus: "14" });
});

test("it resets single calls, and others on the same connection go on", async () => {
  server.behave({ resets: { when: everyNth(2) } });
  const results = await sendCalls(4, 1, () => client.call(say));
  expect(results.map((result) => result.status)).toEqual(["OK", "INTERNAL", "OK", "INTERNAL"]);
});

test("while it hangs it counts calls and answers none, not even at their deadline", async () => {
  server.behave({ hangs: true });
  const under = client.call(say, { deadlineMs: 300 });
  expect(await until(() => server.tries() === 1, 2_000)).toBe(true);
  const result = await under;
  // grpc-js's client ends it; a server that lives would have been named in the details.
  expect(result.status).toBe("DEADLINE_EXCEEDED");
  expect(result.details).toMatch(/Deadline exceeded after/);
});

test("calls that are held are answered when they are let go, in no less time", async () => {
  let release = (): void => undefined;
  server.behave({
    heldUntil: new Promise<void>((resolve) => {
      release = resolve;
    }),
  });
  let ended = 0;
  const all = sendCalls(3, 3, async () => {
    const result = await client.call(say);
    ended++;
    return result;
  });
  expect(await until(() => server.tries() === 3, 2_000)).toBe(true);
  expect(ended).toBe(0);
  release();
  expect((await all).map((result) => result.status)).toEqual(["OK", "OK", "OK"]);
});

test("it works on no more calls at once than it was told, and the rest wait in line", async () => {
  server.behave({ delayMs: () => 60, concurrency: 1 });
  const results = await sendCalls(3, 3, () => client.call(say));
  const latencies = results.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  expect(latencies[2]).toBeGreaterThan(170);
});

test("it refuses connections and takes them again on the same port", async () => {
  await client.call(say);
  await server.refuseConnections();
  expect((await client.call(say)).status).toBe("UNAVAILABLE");
  await server.acceptConnections();
  expect(await until(async () => (await client.call(say)).status === "OK", 5_000)).toBe(true);
});
