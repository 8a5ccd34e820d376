import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import kafkajs from "kafkajs";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { type KafkaCluster, type KafkaClusterOptions, startKafkaCluster } from "./index.ts";
import { makeCertificate } from "./testing/certificate.ts";
import { connectTo, type Login, receive, send, withAdmin } from "./testing/kafka-client.ts";

async function start(options: KafkaClusterOptions): Promise<KafkaCluster> {
  const cluster = await startKafkaCluster(options);
  onTestFinished(() => cluster.stop());
  return cluster;
}

const login = (username: string, password: string): Login => ({ username, password });
const admin = login("admin", "admin-password");
const shop = login("shop", "shop-password");

/** Resolves when the cluster lets the user in. */
async function enter(cluster: KafkaCluster, user?: Login): Promise<void> {
  await withAdmin(connectTo(cluster.addresses, user, 2), (client) => client.describeCluster());
}

test("the right password lets in, a wrong one and none do not, and rights are only those granted", async () => {
  const dataDir = await temporaryFolder();
  const cluster = await start({ dataDir, users: { admin: admin.password, shop: shop.password } });
  await enter(cluster, admin);
  await enter(cluster, shop);
  await expect(enter(cluster, login("shop", "wrong"))).rejects.toThrow(/[Aa]uthentication failed/);
  await expect(enter(cluster, login("nobody", "wrong"))).rejects.toThrow(/[Aa]uthentication failed/);
  await expect(enter(cluster)).rejects.toThrow();

  const asAdmin = connectTo(cluster.addresses, admin);
  const asShop = connectTo(cluster.addresses, shop);
  await withAdmin(asAdmin, (client) => client.createTopics({ topics: [{ topic: "orders" }], waitForLeaders: true }));
  await expect(send(asShop, "orders", ["denied"])).rejects.toThrow(/[Nn]ot authorized/);
  const grant = (resourceType: kafkajs.AclResourceTypes, resourceName: string): kafkajs.AclEntry => ({
    resourceType,
    resourceName,
    resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
    principal: "User:shop",
    host: "*",
    operation: kafkajs.AclOperationTypes.ALL,
    permissionType: kafkajs.AclPermissionTypes.ALLOW,
  });
  const { TOPIC, GROUP } = kafkajs.AclResourceTypes;
  await withAdmin(asAdmin, (client) => client.createAcls({ acl: [grant(TOPIC, "orders"), grant(GROUP, "readers")] }));
  await send(asShop, "orders", ["allowed"]);
  expect(await receive(asShop, "orders", 1, "readers")).toEqual(["allowed"]);

  const known = join(dataDir, "users.json");
  expect((await stat(known)).mode & 0o077).toBe(0);
  expect(await readFile(known, "utf8")).not.toContain(shop.password);
});

test("on existing data a new password replaces the old, a new user gets in and a removed one no longer", async () => {
  const dataDir = await temporaryFolder();
  const before = await start({ dataDir, users: { admin: "first", shop: shop.password, keeper: "same" } });
  await enter(before, shop);
  await before.stop();
  const after = await start({ dataDir, users: { admin: "second", keeper: "same", newcomer: "new" } });
  await enter(after, login("admin", "second"));
  await enter(after, login("keeper", "same"));
  await enter(after, login("newcomer", "new"));
  await expect(enter(after, login("admin", "first"))).rejects.toThrow(/[Aa]uthentication failed/);
  await expect(enter(after, shop)).rejects.toThrow(/[Aa]uthentication failed/);
});

test("with three brokers every one of them knows the users when the start is over", async () => {
  const users = { admin: admin.password, shop: shop.password };
  const cluster = await start({ dataDir: await temporaryFolder(), brokers: 3, users });
  for (const address of cluster.addresses) {
    await withAdmin(connectTo([address], shop), (client) => client.describeCluster());
  }
});

test("with a key file clients connect by TLS, with or without users", async () => {
  const { keystoreFile, ca } = await makeCertificate(await temporaryFolder());
  const dataDir = await temporaryFolder();
  const users = { admin: admin.password };
  const cluster = await start({ dataDir, tlsKeystoreFile: keystoreFile, users });
  await enter(cluster, { ...admin, ca });
  await expect(enter(cluster, admin), "without TLS").rejects.toThrow();
  await cluster.stop();

  const open = await start({ dataDir, tlsKeystoreFile: keystoreFile });
  const kafka = new kafkajs.Kafka({ brokers: [...open.addresses], ssl: { ca: [ca] }, logLevel: 0 });
  expect((await withAdmin(kafka, (client) => client.describeCluster())).brokers).toHaveLength(1);
});
