import type { ClusterState } from "./cluster-state.ts";
import type { KafkaClusterPlan } from "./model.ts";

/** The name by which brokers know each other; it may do everything, so no client may have it. */
export const INTERNAL_USER = "ordermesh-broker";
export const ADMIN_USER = "admin";

export interface BrokerPlace {
  /** 1, 2, … */
  readonly id: number;
  readonly dataFolder: string;
}

/** Settings of one broker, which is a controller as well. */
export function brokerProperties(
  plan: KafkaClusterPlan,
  state: ClusterState,
  { id, dataFolder }: BrokerPlace,
): Record<string, string> {
  const ports = plan.brokers[id - 1];
  if (ports === undefined) throw new Error(`the plan has no broker ${id}`);
  const voters = plan.brokers.map(({ controllerPort }, index) => `${index + 1}@127.0.0.1:${controllerPort}`);
  return {
    "process.roles": "broker,controller",
    "node.id": String(id),
    "controller.quorum.voters": voters.join(","),
    "log.dirs": dataFolder,
    // The brokers' own listener takes whatever port is free: the others learn it from the controller.
    listeners: `CLIENT://127.0.0.1:${ports.port},INTERNAL://127.0.0.1:0,CONTROLLER://127.0.0.1:${ports.controllerPort}`,
    "advertised.listeners": `CLIENT://127.0.0.1:${ports.port},INTERNAL://127.0.0.1:0`,
    "listener.security.protocol.map": `CLIENT:${clientProtocol(plan)},INTERNAL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "INTERNAL",
    ...internalSecurity(state.internalPassword),
    ...(plan.users === undefined ? {} : clientAuthentication()),
    ...(plan.tlsKeystoreFile === undefined ? {} : clientTls(plan.tlsKeystoreFile)),
    ...replication(plan.brokers.length),
    ...behaviour,
    ...plan.settings,
  };
}

function clientProtocol({ users, tlsKeystoreFile }: KafkaClusterPlan): string {
  if (users === undefined) return tlsKeystoreFile === undefined ? "PLAINTEXT" : "SSL";
  return tlsKeystoreFile === undefined ? "SASL_PLAINTEXT" : "SASL_SSL";
}

/** PLAIN, because SCRAM's users are in the metadata, which only an authenticated controller can serve. */
function internalSecurity(password: string): Record<string, string> {
  const login =
    "org.apache.kafka.common.security.plain.PlainLoginModule required " +
    `username="${INTERNAL_USER}" password="${password}" user_${INTERNAL_USER}="${password}";`;
  return {
    "sasl.mechanism.inter.broker.protocol": "PLAIN",
    "sasl.mechanism.controller.protocol": "PLAIN",
    "listener.name.internal.sasl.enabled.mechanisms": "PLAIN",
    "listener.name.internal.plain.sasl.jaas.config": login,
    "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
    "listener.name.controller.plain.sasl.jaas.config": login,
  };
}

function clientAuthentication(): Record<string, string> {
  return {
    "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.client.scram-sha-512.sasl.jaas.config":
      "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": `User:${INTERNAL_USER};User:${ADMIN_USER}`,
    "allow.everyone.if.no.acl.found": "false",
  };
}

function clientTls(keystoreFile: string): Record<string, string> {
  return {
    "listener.name.client.ssl.keystore.type": "PEM",
    "listener.name.client.ssl.keystore.location": keystoreFile,
  };
}

/** With three brokers every record is on two before it is acknowledged: one broker may be lost. */
function replication(brokers: number): Record<string, string> {
  const factor = String(Math.min(brokers, 3));
  const inSync = brokers >= 3 ? "2" : "1";
  return {
    "default.replication.factor": factor,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": factor,
    "transaction.state.log.replication.factor": factor,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.replication.factor": factor,
    "share.coordinator.state.topic.min.isr": inSync,
  };
}

const behaviour: Record<string, string> = {
  "auto.create.topics.enable": "false",
  "unclean.leader.election.enable": "false",
  // A broker that was killed is given up, and may come back, after 2 s instead of 9.
  "broker.session.timeout.ms": "2000",
  "broker.heartbeat.interval.ms": "500",
  "group.initial.rebalance.delay.ms": "0",
  "group.min.session.timeout.ms": "2000",
  // For a few hundred partitions on one machine: fewer threads and buffers than the defaults, which are for servers.
  "num.network.threads": "2",
  "num.io.threads": "2",
  "offsets.topic.num.partitions": "8",
  "transaction.state.log.num.partitions": "4",
  "share.coordinator.state.topic.num.partitions": "4",
  "log.cleaner.dedupe.buffer.size": "8388608",
};

/** As a Java properties file, whose encoding is Latin-1. */
export function printProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escapeValue(value)}\n`)
    .join("");
}

function escapeValue(value: string): string {
  return value
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replace(/^ /, "\\ ")
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
