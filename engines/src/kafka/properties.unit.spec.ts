import { expect, test } from "vitest";
import type { ClusterState } from "./cluster-state.ts";
import type { KafkaClusterPlan } from "./model.ts";
import { brokerProperties, printProperties } from "./properties.ts";

const state: ClusterState = { clusterId: "cluster", brokers: 3, internalPassword: "internal-secret" };
const three: KafkaClusterPlan = {
  dataDir: "/data",
  brokers: [1, 2, 3].map((id) => ({ port: 9000 + id, controllerPort: 9100 + id })),
};

function propertiesOf(plan: Partial<KafkaClusterPlan>, id = 1): Record<string, string> {
  return brokerProperties({ ...three, ...plan }, state, { id, dataFolder: `/data/kafka-${id}/data` });
}

test("a broker of three has its own ports, knows all voters, and keeps two copies before it acknowledges", () => {
  expect(propertiesOf({}, 2)).toMatchObject({
    "node.id": "2",
    "log.dirs": "/data/kafka-2/data",
    listeners: "CLIENT://127.0.0.1:9002,INTERNAL://127.0.0.1:0,CONTROLLER://127.0.0.1:9102",
    "controller.quorum.voters": "1@127.0.0.1:9101,2@127.0.0.1:9102,3@127.0.0.1:9103",
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
  });
});

test("a broker that is alone replicates nothing", () => {
  expect(propertiesOf({ brokers: three.brokers.slice(0, 1) })).toMatchObject({
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
  });
});

test.each([
  [{}, "CLIENT:PLAINTEXT"],
  [{ tlsKeystoreFile: "/k.pem" }, "CLIENT:SSL"],
  [{ users: { admin: "a" } }, "CLIENT:SASL_PLAINTEXT"],
  [{ users: { admin: "a" }, tlsKeystoreFile: "/k.pem" }, "CLIENT:SASL_SSL"],
])("with %j clients connect by %s, brokers and controllers always with a password", (plan, client) => {
  const properties = propertiesOf(plan);
  expect(properties["listener.security.protocol.map"]).toBe(
    `${client},INTERNAL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT`,
  );
  expect("authorizer.class.name" in properties).toBe("users" in plan);
});

test("no user's password is in the properties", () => {
  expect(printProperties(propertiesOf({ users: { admin: "very-secret" } }))).not.toContain("very-secret");
});

test("settings of the plan win", () => {
  expect(propertiesOf({ settings: { "min.insync.replicas": "3" } })).toMatchObject({ "min.insync.replicas": "3" });
});

test("values are written so that Java reads the same", () => {
  expect(printProperties({ path: "/tmp/ö\\x", text: " two\nlines" })).toBe(
    "path=/tmp/\\u00f6\\\\x\ntext=\\ two\\nlines\n",
  );
});
