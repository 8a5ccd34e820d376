import { randomUUID } from "node:crypto";
import type { Logger } from "../../logging/index.ts";
import { type GroupStore, type GroupView, LEASE_MS } from "./group-store.ts";
import type { OwnedPartition, OwnedPartitions } from "./owned-partitions.ts";
import { planAssignment } from "./plan-assignment.ts";
import type { PartitionId } from "./topic-catalog.ts";
import { createWaker } from "./waker.ts";

/** Keeps one member in its group: heartbeats, claims of its share, and giving back what exceeds it. */
export interface Membership {
  /** Joins and claims the first partitions. */
  start(): Promise<void>;
  /** The group may have changed: look now rather than at the next heartbeat. */
  check(): void;
  memberId(): string | undefined;
  /** Aborted when the present lease is lost. */
  lease(): AbortSignal;
  /** Gives back what was asked for and is not busy. */
  releaseMarked(): Promise<void>;
  /** Ends the heartbeats, gives everything back and leaves. */
  leave(): Promise<void>;
}

const HEARTBEAT_MS = 1_000;

export function createMembership(options: {
  store: GroupStore;
  topics: readonly string[];
  partitions: readonly PartitionId[];
  owned: OwnedPartitions;
  /** New partitions are there to be read. */
  assigned: () => void;
  /** Whether no batch is in flight. */
  idle: () => boolean;
  /** Tells the other members to look. */
  announce: () => void;
  logger: Logger;
}): Membership {
  const { store, topics, partitions, owned, assigned, idle, announce, logger } = options;
  const waker = createWaker();
  let memberId: string | undefined;
  let lease = new AbortController();
  let leaseEnd = 0;
  let leaving = false;
  // Only the first time: two processes that wrongly share a name would otherwise replace each other for ever.
  let replace = true;
  let beating: Promise<void> | undefined;

  async function join(): Promise<void> {
    const id = randomUUID();
    lease = new AbortController();
    await store.join(id, replace);
    replace = false;
    memberId = id;
    leaseEnd = performance.now() + LEASE_MS;
    announce();
  }

  function lose(): void {
    memberId = undefined;
    owned.dropAll();
    lease.abort(new Error("the lease in the consumer group was lost"));
    logger.warn("event log: lease lost, joining the group again");
  }

  async function rebalance(member: string, view: GroupView): Promise<void> {
    const views = new Map(view.partitions.map((partition) => [partition.id, partition]));
    for (const partition of owned.all()) {
      if (views.get(partition.id)?.storedOwner !== member) {
        owned.drop(partition);
      }
    }
    const ownership = partitions.map(({ id, topic }) => {
      const stored = views.get(id);
      return { id, topic, owner: stored?.live ? (stored.storedOwner ?? undefined) : undefined };
    });
    const step = planAssignment({ id: member, topics }, view.members, ownership);
    const release = new Set(step.release);
    for (const partition of owned.all()) {
      partition.releasing = release.has(partition.id);
    }
    // Beside new ones, those whose claim succeeded without its answer ever arriving.
    const claim = new Set(step.claim);
    const wanted = view.partitions.filter(
      ({ id, storedOwner }) => claim.has(id) || (storedOwner === member && !owned.has(id) && !release.has(id)),
    );
    if (wanted.length > 0) {
      owned.add(await store.claim(member, wanted));
      assigned();
    }
  }

  async function beat(): Promise<void> {
    if (memberId === undefined && idle()) {
      await join();
    }
    const member = memberId;
    if (member === undefined) {
      // A batch of the lost lease is still in flight: others should have the partitions until it ends.
      return;
    }
    const sent = performance.now();
    const view = await store.beat(member);
    if (!view.alive) {
      lose();
      waker.wake();
      return;
    }
    leaseEnd = sent + LEASE_MS;
    await rebalance(member, view);
    await releaseMarked();
  }

  async function releaseMarked(): Promise<void> {
    await release(owned.all().filter((partition) => partition.releasing && !partition.busy));
  }

  async function release(list: readonly OwnedPartition[]): Promise<void> {
    if (list.length === 0 || memberId === undefined) {
      return;
    }
    for (const partition of list) {
      partition.busy = true;
    }
    try {
      await store.release(memberId, list);
      for (const partition of list) {
        owned.drop(partition);
      }
      announce();
    } finally {
      for (const partition of list) {
        partition.busy = false;
      }
    }
  }

  async function run(): Promise<void> {
    while (!leaving) {
      await waker.wait(HEARTBEAT_MS);
      if (leaving) {
        return;
      }
      try {
        await beat();
      } catch (error) {
        logger.debug({ err: error }, "event log: heartbeat failed");
        if (memberId !== undefined && performance.now() > leaseEnd) {
          lose();
        }
      }
    }
  }

  return {
    async start() {
      await beat();
      beating = run();
    },
    check: () => waker.wake(),
    memberId: () => memberId,
    lease: () => lease.signal,
    releaseMarked,
    async leave() {
      leaving = true;
      waker.wake();
      await beating;
      const member = memberId;
      if (member === undefined) {
        return;
      }
      try {
        await release(owned.all());
        await store.leave(member);
        announce();
      } catch (error) {
        logger.warn({ err: error }, "event log: could not leave the group, the lease will run out");
      }
      owned.dropAll();
    },
  };
}
