import { setTimeout as delay } from "node:timers/promises";
import type { Admin, Kafka } from "kafkajs";
import { backoffMs } from "../../batching/index.ts";
import type { Logger } from "../../logging/index.ts";
import { logBackoff } from "../timing.ts";

/**
 * An admin client that is connected when it is first needed and replaced after every failure: kafkajs 2.2.4 goes on
 * asking for each topic that it was once asked about, and after one of them is deleted it fails for ever.
 */
export interface AdminSlot {
  /**
   * Does work with the client, one after the other: two questions at once would overwrite each other's metadata.
   * Work that failed for a reason that may pass, such as a coordinator that is still loading, is done again with a new
   * client. Rejects when the cluster cannot be reached, and as the work does.
   */
  use<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
  /** Finishes the work under way, then disconnects. */
  close(): Promise<void>;
}

/** @param tries how often work is done at most */
export function createAdminSlot(kafka: Pick<Kafka, "admin">, tries: number, logger: Logger): AdminSlot {
  let connected: Admin | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function run<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      if (closed) throw new Error("the event log is closed");
      const admin = connected ?? kafka.admin();
      try {
        if (connected === undefined) await admin.connect();
        connected = admin;
        return await work(admin);
      } catch (error) {
        connected = undefined;
        await disconnect(admin);
        if (attempt === tries || !mayPass(error)) throw error;
      }
      await delay(backoffMs(attempt, logBackoff));
    }
  }

  async function disconnect(admin: Admin): Promise<void> {
    await admin
      .disconnect()
      .catch((error: unknown) => logger.warn({ err: error }, "kafka: an admin did not disconnect"));
  }

  return {
    use(work) {
      const turn = last.then(() => run(work));
      // Whoever asked learns of the failure; the next one only waits for the end.
      last = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      closed = true;
      await last;
      if (connected !== undefined) await disconnect(connected);
      connected = undefined;
    },
  };
}

/** kafkajs marks the errors for which trying again is of no use, those of authentication among them. */
function mayPass(error: unknown): boolean {
  return !(error instanceof Error && "retriable" in error && error.retriable === false);
}
