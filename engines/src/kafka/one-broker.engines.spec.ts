import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findFreePorts } from "../free-ports.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { installKafka, type KafkaClusterOptions, prepareKafka, startKafkaCluster } from "./index.ts";
import { connectTo, receive, send, withAdmin } from "./testing/kafka-client.ts";

async function start(options: KafkaClusterOptions) {
  const cluster = await startKafkaCluster(options);
  onTestFinished(() => cluster.stop());
  return cluster;
}

test("what was acknowledged survives a SIGKILL, and a second start on other ports", async () => {
  const dataDir = await temporaryFolder();
  const first = await start({ dataDir });
  const kafka = connectTo(first.addresses);
  await withAdmin(kafka, (admin) => admin.createTopics({ topics: [{ topic: "kept" }], waitForLeaders: true }));
  await send(kafka, "kept", ["one"]);

  const pid = first.pidOf("kafka-1");
  await first.kill("kafka-1");
  expect(first.pidOf("kafka-1")).toBeUndefined();
  await first.restart("kafka-1");
  expect(first.pidOf("kafka-1")).not.toBe(pid);
  await send(kafka, "kept", ["two"]);
  await first.stop();

  const second = await start({ dataDir });
  expect(second.addresses).not.toEqual(first.addresses);
  const moved = connectTo(second.addresses);
  await send(moved, "kept", ["three"]);
  expect(await receive(moved, "kept", 3, "reader")).toEqual(["one", "two", "three"]);
});

test("topics are not made by themselves, and secrets are for the owner's eyes only", async () => {
  const dataDir = await temporaryFolder();
  const cluster = await start({ dataDir });
  const kafka = connectTo(cluster.addresses, undefined, 2);
  await expect(send(kafka, "unknown", ["lost"])).rejects.toThrow(/topic-partition/);
  expect(await withAdmin(kafka, (admin) => admin.listTopics())).toEqual([]);
  for (const file of ["cluster.json", "kafka-1/broker.properties", "kafka-1/pid"]) {
    expect((await stat(join(dataDir, file))).mode & 0o077, file).toBe(0);
  }
});

test("a broker gives 127.0.0.1 as its address and listens on no other", async () => {
  const cluster = await start({ dataDir: await temporaryFolder() });
  const { brokers } = await withAdmin(connectTo(cluster.addresses), (admin) => admin.describeCluster());
  expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual(cluster.addresses);
  // Answered by whoever listens on all addresses.
  const elsewhere = connect({ host: "127.0.0.2", port: brokers[0]?.port ?? 0 });
  onTestFinished(() => void elsewhere.destroy());
  await expect(once(elsewhere, "connect")).rejects.toThrow(/ECONNREFUSED|EADDRNOTAVAIL/);
});

test("a taken port is reported with the port, and the broker can be launched when it is free", async () => {
  const installation = await installKafka();
  const [port = 0, controllerPort = 0] = await findFreePorts(2);
  const [broker] = await prepareKafka(installation, {
    dataDir: await temporaryFolder(),
    brokers: [{ port, controllerPort }],
  });
  if (broker === undefined) throw new Error("no broker was prepared");
  const other = createServer().listen(port, "127.0.0.1");
  await once(other, "listening");
  const refusal = broker.launch();
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "KAFKA_PORT_TAKEN" });
  await expect(refusal).rejects.toThrow(`127.0.0.1:${port}`);
  await new Promise((resolve) => other.close(resolve));

  const running = await broker.launch();
  onTestFinished(() => running.stop());
  await expect(broker.launch()).rejects.toThrow("kafka-1 is running already");
  running.kill("SIGSTOP");
  await running.stop();
  expect(await running.exited).toEqual({ code: 143, signal: null });
});

test("a wrong setting is reported with what the broker said, and nothing is left running", async () => {
  const dataDir = await temporaryFolder();
  const starting = startKafkaCluster({ dataDir, settings: { "num.io.threads": "none" } });
  await expect(starting).rejects.toMatchObject({ code: "KAFKA_FORMAT_FAILED" });
  await expect(starting).rejects.toThrow(/Invalid value none for configuration num.io.threads/);
  expect(await readdir(join(dataDir, "kafka-1"))).not.toContain("data");
  await start({ dataDir });
});
