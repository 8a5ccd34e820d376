import type { Logger } from "../../logging/index.ts";
import type { GroupStore } from "./group-store.ts";
import type { OwnedPartitions } from "./owned-partitions.ts";

/** Commits offsets a little later and together: a crash in between repeats records, which consumers expect. */
export interface OffsetCommitter {
  /** Something was handled; its offset will be committed soon. */
  schedule(): void;
  stop(): Promise<void>;
}

const COMMIT_DELAY_MS = 200;

/** @param fenced called when the log refused a commit because the partition belongs to somebody else */
export function createOffsetCommitter(options: {
  store: GroupStore;
  owned: OwnedPartitions;
  memberId: () => string | undefined;
  fenced: () => void;
  logger: Logger;
}): OffsetCommitter {
  const { store, owned, memberId, fenced, logger } = options;
  let timer: NodeJS.Timeout | undefined;
  let committing: Promise<void> | undefined;
  let stopped = false;

  async function commit(member: string): Promise<void> {
    const dirty = owned.all().filter((partition) => partition.nextOffset !== partition.committedOffset);
    if (dirty.length === 0) {
      return;
    }
    const sent = dirty.map(({ id, nextOffset }) => ({ id, nextOffset }));
    const accepted = await store.commit(member, sent);
    dirty.forEach((partition, index) => {
      if (accepted.has(partition.id)) {
        partition.committedOffset = sent[index]?.nextOffset ?? partition.committedOffset;
      } else {
        owned.drop(partition);
      }
    });
    if (accepted.size < dirty.length) {
      fenced();
    }
  }

  function run(): void {
    timer = undefined;
    const member = memberId();
    if (member === undefined) {
      return;
    }
    committing = commit(member)
      .catch((error: unknown) => {
        logger.debug({ err: error }, "event log: offsets not committed yet");
        schedule();
      })
      .finally(() => {
        committing = undefined;
      });
  }

  function schedule(): void {
    if (!stopped) {
      timer ??= setTimeout(run, COMMIT_DELAY_MS);
    }
  }

  return {
    schedule,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await committing;
    },
  };
}
