// The port through which messages reach customers.
import type { Notification } from "../domain/notification.ts";

/** What became of one message. */
export type Delivery =
  | { readonly id: string; readonly delivered: true }
  | {
      readonly id: string;
      readonly delivered: false;
      /** For people; never holds the address. */
      readonly reason: string;
      /** Whether the same message may be delivered later. */
      readonly retryable: boolean;
    };

export interface NotificationSender {
  /**
   * "at-once": delivering asks nothing of the outside world and cannot fail, so a message is recorded as delivered in
   * the transaction that records it. "later": messages are recorded as undelivered, and whoever waits for a slow or
   * failing channel does so outside of any transaction.
   */
  readonly timing: "at-once" | "later";
  /**
   * Delivers messages. Answers one result per message, in their order, and never rejects. The id is the same when a
   * message is delivered again, so that a channel can tell a repeat.
   */
  deliver(notifications: readonly Notification[]): Promise<readonly Delivery[]>;
}
