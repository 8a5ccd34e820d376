import type { Logger } from "../../logging/index.ts";
import { HEARTBEAT_MS, SESSION_MS } from "./consumer-settings.ts";
import type { Lease } from "./lease.ts";

/** Keeps the member's session alive while batches are in flight: kafkajs itself does so only between fetches. */
export interface Heartbeat {
  /** Beats from now on. */
  start(): void;
  stop(): void;
  /** The coordinator has just taken the member for one of the group. */
  answered(): void;
  /**
   * Asks the coordinator if it has been silent for longer than a session, as it seems to a process that was stopped
   * for a while: such a member must begin nothing before it knows that it still is one. Never rejects; ends the lease.
   */
  confirm(): Promise<void>;
}

/** @param send asks the coordinator, unless that has just been done */
export function createHeartbeat(options: { send(): Promise<void>; lease: () => Lease; logger: Logger }): Heartbeat {
  const { send, lease, logger } = options;
  let timer: NodeJS.Timeout | undefined;
  let answeredAt = performance.now();
  let beating: Promise<void> | undefined;

  const isSilent = () => performance.now() - answeredAt > SESSION_MS;

  async function ask(): Promise<void> {
    const asked = lease();
    try {
      await send();
    } catch (error) {
      logger.debug({ err: error }, "event log: heartbeat failed");
      asked.refused(error);
      if (isSilent()) asked.expire(error);
    } finally {
      beating = undefined;
    }
  }

  function beat(): Promise<void> {
    // A second one would only wait behind the first.
    beating ??= ask();
    return beating;
  }

  return {
    start() {
      timer ??= setInterval(beat, HEARTBEAT_MS);
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
    answered() {
      answeredAt = performance.now();
    },
    async confirm() {
      if (isSilent()) await beat();
    },
  };
}
