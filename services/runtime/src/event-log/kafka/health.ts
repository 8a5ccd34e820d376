import { setTimeout as delay } from "node:timers/promises";
import type { Admin } from "kafkajs";
import { createAdminSlot } from "./admin-slot.ts";
import { createKafkaClient, type KafkaClientOptions } from "./client.ts";
import { isTopicMissing } from "./send-error.ts";

export interface HealthProbe {
  /** Whether the cluster answers and all partitions asked about have a leader. Never rejects; takes two seconds at most. */
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}

export interface HealthProbeOptions extends KafkaClientOptions {
  /** The topics that matter; with none it is enough that the cluster answers. */
  topics(): readonly string[];
}

const ANSWER_MS = 2_000;
/** The first client may have known a broker that is gone. */
const TRIES = 2;

/**
 * A probe with a client of its own, which gives up at once where the others go on trying.
 * @throws when a file that the address names cannot be read
 */
export async function createHealthProbe({
  address,
  clientId,
  logger,
  topics,
}: HealthProbeOptions): Promise<HealthProbe> {
  // An outage is logged once, by its beginning and its end, and not at every probe.
  const silent = logger.child({}, { level: "silent" });
  const retry = { initialRetryTime: 10, maxRetryTime: 50, retries: address.brokers.length - 1 };
  const slot = createAdminSlot(await createKafkaClient({ address, clientId, logger: silent }, retry), TRIES, silent);
  let probing: Promise<boolean> | undefined;
  let healthyBefore = true;

  function changed(healthy: boolean, reason?: unknown): boolean {
    if (healthy && !healthyBefore) logger.info("kafka: the cluster is healthy again");
    if (!healthy && healthyBefore) logger.warn({ err: reason }, "kafka: the cluster is not healthy");
    healthyBefore = healthy;
    return healthy;
  }

  async function probe(): Promise<boolean> {
    try {
      await slot.use((admin) => assertLeaders(admin, topics()));
      return changed(true);
    } catch (error) {
      return changed(false, error);
    } finally {
      probing = undefined;
    }
  }

  async function tooLate(signal: AbortSignal): Promise<boolean> {
    await delay(ANSWER_MS, undefined, { signal });
    return changed(false, new Error(`no answer within ${ANSWER_MS} ms`));
  }

  return {
    async healthy() {
      probing ??= probe();
      const answered = new AbortController();
      const late = tooLate(answered.signal).catch(() => false);
      const healthy = await Promise.race([probing, late]);
      answered.abort();
      return healthy;
    },
    close: () => slot.close(),
  };
}

/** Rejects when the cluster does not answer, and with LEADER_NOT_AVAILABLE when a partition has no leader. */
async function assertLeaders(admin: Admin, topics: readonly string[]): Promise<void> {
  if (topics.length === 0) await admin.describeCluster();
  for (const topic of topics) {
    try {
      await admin.fetchTopicMetadata({ topics: [topic] });
    } catch (error) {
      // The next append creates it; to call that unhealthy would keep away the calls that append.
      if (!isTopicMissing(error)) throw error;
    }
  }
}
