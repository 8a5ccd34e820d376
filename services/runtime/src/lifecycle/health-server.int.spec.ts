import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { formatHostPort } from "../config/index.ts";
import { type HealthServer, type Readiness, startHealthServer } from "./index.ts";

let server: HealthServer;
let live: boolean;
let ready: () => Promise<Readiness> | Readiness;

const options = { listen: { host: "127.0.0.1", port: 0 }, live: () => live, ready: () => ready() };

beforeEach(async () => {
  live = true;
  ready = () => ({ database: true });
  server = await startHealthServer(options);
});
afterEach(() => server.stop());

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://${formatHostPort(server.address)}${path}`);
  return { status: response.status, body: await response.json() };
}

test("a live and ready process answers 200 with its checks", async () => {
  expect(await get("/livez")).toEqual({ status: 200, body: { live: true } });
  expect(await get("/readyz?verbose")).toEqual({ status: 200, body: { live: true, database: true } });
});

test("one failed check answers 503 and says which", async () => {
  ready = async () => ({ database: true, eventLog: false });
  expect(await get("/readyz")).toEqual({ status: 503, body: { live: true, database: true, eventLog: false } });
  expect((await get("/livez")).status).toBe(200);
});

test("a check that throws counts as not ready", async () => {
  ready = () => Promise.reject(new Error("no database"));
  expect(await get("/readyz")).toEqual({ status: 503, body: { live: true, ready: false } });
});

test("a process that is not live answers 503 on both", async () => {
  live = false;
  expect((await get("/livez")).status).toBe(503);
  expect((await get("/readyz")).status).toBe(503);
});

test("metrics are served as text where there are any", async () => {
  const metrics = { contentType: "text/plain; version=0.0.4", text: async () => "up 1\n" };
  const other = await startHealthServer({ ...options, metrics });
  onTestFinished(() => other.stop());
  const response = await fetch(`http://${formatHostPort(other.address)}/metrics`);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; version=0.0.4"]);
  expect(await response.text()).toBe("up 1\n");
  expect((await get("/metrics")).status).toBe(404);
});

test("other paths answer 404, and a taken port rejects", async () => {
  expect((await get("/")).status).toBe(404);
  const again = startHealthServer({ listen: server.address, live: () => true, ready: () => ({}) });
  await expect(again).rejects.toMatchObject({ code: "EADDRINUSE" });
});
