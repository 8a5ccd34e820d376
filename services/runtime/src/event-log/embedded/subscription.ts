import type { Database } from "../../database/index.ts";
import type { Logger } from "../../logging/index.ts";
import type { SubscribeOptions, Subscription } from "../port.ts";
import { createFetcher } from "./fetcher.ts";
import { createGroupStore } from "./group-store.ts";
import { createLanes } from "./lanes.ts";
import { createMembership } from "./membership.ts";
import { createOffsetCommitter } from "./offset-committer.ts";
import { createOwnedPartitions } from "./owned-partitions.ts";
import type { PartitionId } from "./topic-catalog.ts";
import { createWaker } from "./waker.ts";

/** A subscription and what wakes it. */
export interface EmbeddedSubscription extends Subscription {
  readonly group: string;
  readonly topics: readonly string[];
  wake(): void;
  membersChanged(): void;
}

/** Wires one member: membership decides what it owns, lanes handle it, the committer records how far it came. */
export async function startSubscription(options: {
  database: Database;
  clientId: string;
  subscribe: SubscribeOptions;
  partitions: readonly PartitionId[];
  announce: (group: string) => void;
  logger: Logger;
}): Promise<EmbeddedSubscription> {
  const { database, clientId, partitions, subscribe } = options;
  const { group, topics, maxRecords } = subscribe;
  const logger = options.logger.child({ group });
  const partitionIds = partitions.map((partition) => partition.id);
  const store = createGroupStore(database, { name: group, clientId, topics, partitionIds });
  const owned = createOwnedPartitions(partitions);
  const waker = createWaker();
  const membership = createMembership({
    store,
    topics,
    partitions,
    owned,
    assigned: () => waker.wake(),
    idle: () => lanes.idle(),
    announce: () => options.announce(group),
    logger,
  });
  const committer = createOffsetCommitter({
    store,
    owned,
    memberId: () => membership.memberId(),
    fenced: () => membership.check(),
    logger,
  });
  const lanes = createLanes({
    owned,
    maxRecords,
    waker,
    fetch: createFetcher(database, maxRecords),
    handle: (batch) => subscribe.handle(batch),
    lease: () => membership.lease(),
    advanced: () => committer.schedule(),
    betweenBatches: () => membership.releaseMarked(),
    logger,
  });

  await membership.start();
  lanes.start();
  let stopping: Promise<void> | undefined;

  async function stop(): Promise<void> {
    await lanes.stop();
    await committer.stop();
    // Giving the partitions back commits how far they were handled.
    await membership.leave();
  }

  return {
    group,
    topics,
    wake: () => waker.wake(),
    membersChanged: () => membership.check(),
    assigned: () => owned.all().map(({ topic, partition }) => ({ topic, partition })),
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}
