import { readFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { type ISocketFactory, Kafka, type KafkaConfig, type LogEntry, logLevel, type RetryOptions } from "kafkajs";
import type { Logger } from "../../logging/index.ts";
import type { KafkaAddress } from "../event-log-url.ts";
import { registerZstd } from "./compression.ts";
import { installFastRecordEncoder } from "./fast-record-encoder.ts";
import { installLazyRecordDecoder } from "./lazy-record-decoder.ts";
import { stopIdleTimers } from "./request-queue-timer.ts";

/** A request that takes longer is answered by nobody any more. */
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** About six seconds in all; whoever asked decides then whether to ask again. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 };

export interface KafkaClientOptions {
  readonly address: KafkaAddress;
  readonly clientId: string;
  readonly logger: Logger;
}

/**
 * A kafkajs client with our settings. Nothing is connected yet.
 * @param retry how connecting and asking for metadata are tried again; about six seconds unless given
 * @throws when a file that the address names cannot be read
 */
export async function createKafkaClient(
  { address, clientId, logger }: KafkaClientOptions,
  retry: RetryOptions = RETRY,
): Promise<Kafka> {
  stopIdleTimers();
  installFastRecordEncoder();
  installLazyRecordDecoder();
  registerZstd();
  const [tls, sasl] = await Promise.all([readTls(address.tls), readSasl(address.sasl)]);
  return new Kafka({
    clientId,
    brokers: [...address.brokers],
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    retry,
    socketFactory,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => forward(logger, entry),
    ...(tls ? { ssl: tls } : {}),
    ...(sasl ? { sasl } : {}),
  });
}

async function readTls(tls: KafkaAddress["tls"]): Promise<KafkaConfig["ssl"]> {
  if (tls === undefined) return undefined;
  const read = async (path: string | undefined) => (path === undefined ? undefined : readFile(path, "utf8"));
  const [ca, cert, key] = await Promise.all([read(tls.caFile), read(tls.certFile), read(tls.keyFile)]);
  return { ...(ca && { ca: [ca] }), ...(cert && { cert }), ...(key && { key }) };
}

async function readSasl(sasl: KafkaAddress["sasl"]): Promise<KafkaConfig["sasl"]> {
  if (sasl === undefined) return undefined;
  const { mechanism, username, passwordFile } = sasl;
  const password = (await readFile(passwordFile, "utf8")).trim();
  return mechanism === "scram-sha-256"
    ? { mechanism: "scram-sha-256", username, password }
    : { mechanism: "scram-sha-512", username, password };
}

/** As kafkajs's own, without Nagle's delay: it would hold back the small requests that latency depends on. */
const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  // TLS names the server so that it can choose its certificate; an address is no name (RFC 6066, section 3).
  const named = ssl && !("servername" in ssl) && !/^[\d.:]+$/.test(host) ? { ...ssl, servername: host } : ssl;
  const socket = named
    ? connectTls({ ...(named as object), host, port }, onConnect)
    : connectTcp({ host, port }, onConnect);
  socket.setKeepAlive(true, 60_000);
  socket.setNoDelay(true);
  return socket;
};

/**
 * Much of what kafkajs calls an error mends itself (a broker restarts, a group rebalances). What does not is the error of
 * a call, and whoever made it says so.
 */
function forward(logger: Logger, { namespace, log }: LogEntry): void {
  const { message, timestamp: _, logger: _name, stack: _stack, ...fields } = log;
  logger.debug({ kafka: namespace, ...fields }, message);
}
