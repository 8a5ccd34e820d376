import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { openClusterState } from "./cluster-state.ts";

test("the state is made once, for its owner's eyes only, and kept", async () => {
  const folder = join(await temporaryFolder(), "kafka");
  const made = await openClusterState(folder, 3);
  // A Kafka Uuid: 16 bytes.
  expect(Buffer.from(made.clusterId, "base64url").length).toBe(16);
  expect(made.internalPassword.length).toBeGreaterThanOrEqual(32);
  expect((await stat(join(folder, "cluster.json"))).mode & 0o777).toBe(0o600);
  expect(await openClusterState(folder, 3)).toEqual(made);
});

test("another number of brokers is refused, with both numbers and the way out", async () => {
  const folder = await temporaryFolder();
  await openClusterState(folder, 3);
  const before = await readFile(join(folder, "cluster.json"), "utf8");
  const refusal = openClusterState(folder, 1);
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "KAFKA_BROKERS_CHANGED" });
  await expect(refusal).rejects.toThrow(/3 broker\(s\), and 1 are asked for.*ask for 3, or remove the folder/);
  expect(await readFile(join(folder, "cluster.json"), "utf8")).toBe(before);
});

test.each(["", "{}", '{"clusterId":"x","brokers":"3","internalPassword":"y"}'])(
  "a broken state (%s) is not taken for a new folder",
  async (text) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "cluster.json"), text);
    await expect(openClusterState(folder, 3)).rejects.toMatchObject({ code: "KAFKA_STATE_UNREADABLE" });
  },
);
