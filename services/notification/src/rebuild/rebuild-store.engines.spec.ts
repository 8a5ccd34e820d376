import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startKafkaCluster } from "@ordermesh/engines/kafka";
import { expect, onTestFinished, test } from "vitest";
import { openRebuildBench, orderEvents } from "./testing/rebuild-bench.ts";

test("on Kafka, too, a store that is rebuilt while events are applied is what the log tells", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "ordermesh-rebuild-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const cluster = await startKafkaCluster({ dataDir });
  onTestFinished(() => cluster.stop());
  const bench = await openRebuildBench(cluster.url);
  onTestFinished(() => bench.close());
  const append = (orders: number) => bench.log.append(Array.from({ length: orders }, () => orderEvents()).flat());
  await append(100);
  const consumer = await bench.startConsumer();
  onTestFinished(() => consumer.stop());
  await bench.drained();

  let orders = 100;
  const writing = new AbortController();
  const writer = (async () => {
    while (!writing.signal.aborted) {
      await append(5);
      orders += 5;
      await bench.drained();
    }
  })();
  const { takeover, lost } = await bench.rebuild().finally(() => writing.abort());
  await writer;

  await bench.drained();
  expect(lost).toBe(0);
  expect(takeover?.pauseMs).toBeLessThan(10_000);
  expect(orders).toBeGreaterThan(100);
  const rows = await bench.rows();
  expect(rows).toHaveLength(orders * 3);
  expect(bench.sent).toHaveLength(orders * 3);
  const { differences } = await bench.rebuild({ mode: "compare" });
  expect(differences).toMatchObject({
    messages: orders * 3,
    counts: { "only live": 0, "only rebuilt": 0, differs: 0 },
  });
  process.stdout.write(`swapped with a pause of ${Math.ceil(takeover?.pauseMs ?? 0)} ms\n`);
});
