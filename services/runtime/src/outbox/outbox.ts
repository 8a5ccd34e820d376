import type { Pace } from "../batching/index.ts";
import type { Database, Transaction } from "../database/index.ts";
import { assertRecordSizes, type EventLog, type EventRecord, encodeRecords } from "../event-log/index.ts";
import type { Logger } from "../logging/index.ts";
import { type OutboxLag, readLag } from "./lag.ts";
import { WAKE_CHANNEL } from "./leadership.ts";
import { createRelay, createRelayPace } from "./relay.ts";

const APPEND = {
  name: "outbox_append",
  text: "INSERT INTO outbox (records, record_count) VALUES ($1, $2)",
};
const NOTIFY = { name: "outbox_notify", text: `SELECT pg_notify('${WAKE_CHANNEL}', '')` };

export interface OutboxOptions {
  readonly database: Database;
  /** Where the relay publishes. Only appended to, never closed here. */
  readonly log: Pick<EventLog, "append">;
  readonly logger: Logger;
  /** Shared by the relays of a process; one of its own unless given. */
  readonly pace?: Pace;
}

export interface Outbox {
  /**
   * Writes all events of one commit as one row. Take the locks that order a key's changes (its row) before this, so that
   * rows of one key are numbered in the order of their commits.
   * @throws RecordTooLargeError when the log would refuse one of them; nothing is written then
   */
  append(tx: Transaction, records: readonly EventRecord[]): Promise<void>;
  /**
   * To be called after each commit that wrote an outbox row. Wakes the relay: in process when it leads here, otherwise
   * by one NOTIFY for all commits of the moment. Never throws; a lost wake-up costs half a second.
   */
  committed(): void;
  /** Starts to compete for the relay's leadership of this database. Starting twice is a no-op. */
  startRelay(): void;
  /** Finishes the round under way, hands the leadership over and disconnects. */
  stop(): Promise<void>;
  isLeader(): boolean;
  /** What waits to be published, whoever leads. */
  lag(): Promise<OutboxLag>;
}

/**
 * The transactional outbox of one database: events are rows of the transaction that changes the state, and a relay
 * publishes them to the event log in order. A crash may publish a row again, with the same event ids; none is lost.
 */
export function createOutbox({ database, log, logger, pace = createRelayPace() }: OutboxOptions): Outbox {
  const relay = createRelay({ database, log, logger, pace });
  let notifying = false;
  let notifyAgain = false;

  // NOTIFY is sent after the commit, not in it: inside, it would serialise all commits of the database.
  async function notifyLeader(): Promise<void> {
    notifying = true;
    do {
      notifyAgain = false;
      // The leader polls, so a wake-up that is lost with the connection is only late.
      await database.query(NOTIFY).catch((error: unknown) => logger.debug({ err: error }, "outbox wake-up not sent"));
    } while (notifyAgain);
    notifying = false;
  }

  return {
    async append(tx, records) {
      if (records.length === 0) return;
      assertRecordSizes(records);
      await tx.query({ ...APPEND, values: [encodeRecords(records), records.length] });
    },
    committed() {
      if (relay.isLeader()) relay.wake();
      else if (notifying) notifyAgain = true;
      else void notifyLeader();
    },
    startRelay: () => relay.start(),
    stop: () => relay.stop(),
    isLeader: () => relay.isLeader(),
    lag: () => readLag(database),
  };
}
