import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { backoffMs } from "../../batching/index.ts";
import type { Database } from "../../database/index.ts";
import type { Logger } from "../../logging/index.ts";
import { logBackoff } from "../timing.ts";

/** Tells the processes that share the log what has changed. It may lose a message, so listeners also poll. */
export interface WakeChannel {
  /** Announces new records: at once after a pause, at most every 20 ms under load. */
  appended(topics: ReadonlySet<string>): void;
  /** Announces a change in the membership of a group. */
  membersChanged(group: string): void;
  close(): Promise<void>;
}

export interface WakeListener {
  /** New records in these topics; undefined: perhaps in any. */
  onAppended(topics: ReadonlySet<string> | undefined): void;
  onMembersChanged(group: string): void;
}

const CHANNEL = "ordermesh_log";
// Each notification wakes every listening process; under load a consumer that waits this long has a better batch.
const APPENDED_INTERVAL_MS = 20;
const NOTIFY = { name: "log_notify", text: `SELECT pg_notify('${CHANNEL}', $1)` };

export function openWakeChannel(database: Database, listener: WakeListener, logger: Logger): WakeChannel {
  const closing = new AbortController();
  let client: Client | undefined;
  let pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  function receive(payload: string): void {
    const [kind, list = ""] = payload.split(" ", 2);
    if (kind === "group") {
      listener.onMembersChanged(list);
    } else {
      listener.onAppended(new Set(list.split(",")));
    }
  }

  // One connection per process; when it breaks it is opened again until the log is closed.
  async function listen(): Promise<void> {
    for (let attempt = 1; !closing.signal.aborted; attempt += 1) {
      const ended = Promise.withResolvers<void>();
      const current = database.dedicatedClient("listen");
      current.on("error", () => ended.resolve());
      current.on("end", () => ended.resolve());
      current.on("notification", ({ payload }) => receive(payload ?? ""));
      try {
        await current.connect();
        await current.query(`LISTEN ${CHANNEL}`);
        client = current;
        attempt = 0;
        // Whatever was announced while nobody listened may have been missed.
        listener.onAppended(undefined);
        if (!closing.signal.aborted) {
          await ended.promise;
        }
      } catch (error) {
        logger.debug({ err: error }, "event log: cannot listen");
      }
      client = undefined;
      await current.end().catch(() => undefined);
      await delay(backoffMs(Math.max(1, attempt), logBackoff), undefined, { signal: closing.signal }).catch(
        () => undefined,
      );
    }
  }

  function send(payload: string): void {
    // Lost only together with the connection; the listeners' slow polling then finds the records.
    database
      .query(NOTIFY, [payload])
      .catch((error: unknown) => logger.debug({ err: error }, "event log: wake-up not sent"));
  }

  function flush(): void {
    timer = undefined;
    if (pending.size === 0 || closing.signal.aborted) {
      return;
    }
    send(`topics ${[...pending].join(",")}`);
    pending = new Set();
    timer = setTimeout(flush, APPENDED_INTERVAL_MS);
  }

  const listening = listen();
  return {
    appended(topics) {
      listener.onAppended(topics);
      for (const topic of topics) {
        pending.add(topic);
      }
      if (timer === undefined) {
        flush();
      }
    },
    membersChanged(group) {
      send(`group ${group}`);
    },
    async close() {
      clearTimeout(timer);
      flush();
      clearTimeout(timer);
      closing.abort();
      await client?.end().catch(() => undefined);
      await listening;
    },
  };
}
