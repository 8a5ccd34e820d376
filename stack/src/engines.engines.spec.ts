import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "@ordermesh/runtime/embedded-postgres";
import { deadLetterTopic, parseEventLogUrl } from "@ordermesh/runtime/event-log";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { resetDataFolder } from "./data-folder/folder.ts";
import { consumerGroups, producedTopics, replayedTopics } from "./event-flow.ts";
import { readStackState, type Stack, type StackState } from "./index.ts";
import { serviceNames } from "./processes/topology.ts";
import { createStackFixture, fakeOptions, type StackFixture } from "./testing/fake-stack.ts";
import { copiesOfTopics, makeTopic, produce, readTopics } from "./testing/kafka-users.ts";

const eventLog = { kind: "kafka", brokers: 1 } as const;

// One data folder for the tests of this file, which follow one another; three brokers have their own.
let fixture: StackFixture;
let stack: Stack;
const children: ChildProcess[] = [];

beforeAll(async () => {
  fixture = await createStackFixture();
  stack = await fixture.start({ eventLog });
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await fixture.remove();
});

const processNamed = (name: string, state: StackState = stack.state()) =>
  state.processes.find((one) => one.name === name);

const urlOf = (service: string): string => processNamed(`${service}-1`)?.eventLogUrl ?? "";

const addressesIn = (url: string): readonly string[] => {
  const address = parseEventLogUrl(url);
  return address.driver === "kafka" ? address.brokers : [];
};

const topics = Object.values(producedTopics);
const allTopics = [...topics, ...topics.map(deadLetterTopic)];

test("the state names the broker and the URLs of tools and services; secrets are for the owner's eyes", async () => {
  const state = await readStackState(fixture.dataDir);
  expect(state).toEqual(stack.state());
  expect(state?.mode).toBe("engines");
  expect(processNamed("kafka-1")).toEqual({ name: "kafka-1", service: "kafka", pid: expect.any(Number) });
  const { eventLogUrl } = stack.state();
  expect(parseEventLogUrl(eventLogUrl)).toMatchObject({ driver: "kafka", sasl: { username: "admin" } });
  for (const service of serviceNames) expect(urlOf(service)).toContain(`username=${service}&`);
  for (const user of [...serviceNames, "admin"]) {
    expect((await stat(join(fixture.dataDir, `kafka-${user}.password`))).mode & 0o777).toBe(0o600);
  }
  expect((await stat(join(fixture.dataDir, "kafka"))).mode & 0o777).toBe(0o700);
});

test("all topics and their dead letters are there before a service writes", async () => {
  const expected = Object.fromEntries(allTopics.map((topic) => [topic, [1, 1, 1, 1]]));
  expect(await copiesOfTopics(stack.state().eventLogUrl)).toEqual(expected);
});

test("a service's process gets the URL of its own user", async () => {
  for (const service of serviceNames) {
    const answer = await fetch(`http://${processNamed(`${service}-1`)?.health}/environment`);
    expect(await answer.json()).toMatchObject({ ORDERMESH_EVENT_LOG_URL: urlOf(service) });
  }
});

test("each service's user writes its own topic and the dead letters of what it consumes, and no other", async () => {
  for (const service of serviceNames) {
    const own = [producedTopics[service], ...consumerGroups[service].map(deadLetterTopic)];
    for (const topic of allTopics) {
      const written = produce(urlOf(service), topic);
      if (own.includes(topic)) await written;
      else await expect(written, `${service} to ${topic}`).rejects.toThrow(/not authorized to access topics/i);
    }
  }
});

test("each service's user reads what it consumes as its own group, and nothing as another's", async () => {
  for (const [index, service] of serviceNames.entries()) {
    expect(await readTopics(urlOf(service), service, consumerGroups[service])).toBe("read");
    const own = [...consumerGroups[service], ...(replayedTopics[service] ?? [])];
    const foreign = topics.find((topic) => !own.includes(topic));
    if (foreign !== undefined) {
      expect(await readTopics(urlOf(service), service, [foreign])).toMatch(/not authorized to access topics/i);
    }
    // kafkajs looks for the group at every broker and says only that none would have it.
    const other = serviceNames[(index + 1) % serviceNames.length] ?? "";
    expect(await readTopics(urlOf(service), other, consumerGroups[service])).toMatch(/find group coordinator/);
  }
});

test("a service that can make a store anew reads for that as a group of its own, which bears its name", async () => {
  for (const service of ["order", "notification"] as const) {
    expect(await readTopics(urlOf(service), `read.${service}-1.spec`, replayedTopics[service] ?? [])).toBe("read");
  }
  expect(await readTopics(urlOf("notification"), "read.order-1.spec", replayedTopics.notification ?? [])).toMatch(
    /find group coordinator/,
  );
  expect(await readTopics(urlOf("payment"), "read.payment-1.spec", consumerGroups.payment)).toMatch(
    /find group coordinator/,
  );
});

test("a service's user makes no topic", async () => {
  await expect(makeTopic(urlOf("order"), "ordermesh.orders.v2")).rejects.toMatchObject({
    errors: [expect.objectContaining({ type: "TOPIC_AUTHORIZATION_FAILED" })],
  });
});

test("a killed broker is started again on its port with its data, and the log and the state say so", async () => {
  const before = processNamed("kafka-1");
  const { eventLogUrl } = stack.state();
  expect(stack.kill("kafka-1", "SIGKILL")).toBe(true);
  await vi.waitFor(() => expect(processNamed("kafka-1")).toBeUndefined(), { timeout: 10_000, interval: 5 });
  await vi.waitFor(
    async () => {
      const now = processNamed("kafka-1", await readStackState(fixture.dataDir));
      expect(now?.pid).not.toBe(before?.pid ?? 0);
      expect(now?.pid).toEqual(expect.any(Number));
    },
    { timeout: 60_000 },
  );
  expect(stack.state().eventLogUrl).toBe(eventLogUrl);
  await produce(urlOf("order"), producedTopics.order ?? "");
  const said = fixture.lines.filter((line) => line.source === "stack").map((line) => line.message);
  expect(said).toEqual(["kafka-1 died", "kafka-1 is started again"]);
});

test("stopping leaves nothing, and the data is not started with another event log", async () => {
  const { processes } = stack.state();
  await stack.stop();
  expect(processes.filter((one) => isAlive(one.pid))).toEqual([]);
  const changed = { code: "EVENT_LOG_CHANGED", message: expect.stringContaining("start it with --engines") };
  await expect(fixture.start()).rejects.toMatchObject(changed);
  const external = { kind: "external", url: "kafka://127.0.0.1:9" } as const;
  await expect(fixture.start({ eventLog: external })).rejects.toMatchObject(changed);
  const more = { code: "KAFKA_BROKERS_CHANGED", name: "UserError" };
  await expect(fixture.start({ eventLog: { ...eventLog, brokers: 3 } })).rejects.toMatchObject(more);
});

test("a second start has the data; when its supervisor is killed outright, its broker ends too", async () => {
  const { dataDir, folder } = fixture;
  const script = join(folder, "supervisor.mjs");
  const module = JSON.stringify(new URL("./index.ts", import.meta.url).href);
  const options = JSON.stringify({ ...fakeOptions, dataDir, eventLog });
  await writeFile(
    script,
    `import { startStack } from ${module}; await startStack(${options}); process.stdout.write("up");`,
  );
  const supervisor = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(supervisor);
  const ended = once(supervisor, "exit").then(() => expect.fail("the supervisor ended before it served"));
  await Promise.race([once(supervisor.stdout, "data"), ended]);
  const state = await readStackState(dataDir);
  expect(state?.pid).toBe(supervisor.pid);
  const ordersUrl = state?.processes.find((one) => one.name === "order-1")?.eventLogUrl ?? "";
  // The topic is there, and so is the right to write it.
  await produce(ordersUrl, producedTopics.order ?? "");
  const pids = state?.processes.map((one) => one.pid) ?? [];
  expect(pids).toHaveLength(7);
  ended.catch(() => undefined); // Now it is meant to end.
  supervisor.kill("SIGKILL");
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 30_000, interval: 50 });
  expect(await resetDataFolder(dataDir)).toBe(true);
  await expect(stat(dataDir)).rejects.toThrow(/ENOENT/);
});

test("three brokers are one cluster, which services and tools reach through any of them", async () => {
  const dataDir = join(fixture.folder, "three");
  const three = await fixture.start({ dataDir, eventLog: { ...eventLog, brokers: 3 } });
  const state = three.state();
  expect(state.processes.filter((one) => one.service === "kafka").map((one) => one.name)).toEqual([
    "kafka-1",
    "kafka-2",
    "kafka-3",
  ]);
  expect(addressesIn(state.eventLogUrl)).toHaveLength(3);
  const own = state.processes.find((one) => one.name === "payment-1")?.eventLogUrl ?? "";
  const expected = Object.fromEntries(allTopics.map((topic) => [topic, [3, 3, 3, 3]]));
  expect(await copiesOfTopics(state.eventLogUrl)).toEqual(expected);
  // Each broker learns of the rights for itself, a moment after the one that granted them; services try again, too.
  await vi.waitFor(() => produce(own, producedTopics.payment ?? ""), { timeout: 10_000, interval: 100 });
  await three.stop();
  expect(state.processes.filter((one) => isAlive(one.pid))).toEqual([]);
});
