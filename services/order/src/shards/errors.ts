// What can keep an order from being reached at its shard.
import { DomainError } from "@ordermesh/runtime/errors";
import { orderErrors } from "../errors.ts";

/** The shard does not hold these buckets, or has them fenced: what was to be written belongs elsewhere, or must wait. */
export class NotOwnedError extends Error {
  override readonly name = "NotOwnedError";
  readonly buckets: readonly number[];

  constructor(buckets: readonly number[]) {
    super(`not the owner of bucket ${buckets.join(", ")}`);
    this.buckets = buckets;
  }
}

const RETRY_AFTER_MS = 1_000;

// SQLSTATE cannot_connect_now: whoever asks whether an error is transient is told so.
const notConnected = (message: string): Error => Object.assign(new Error(message), { code: "57P03" });

/** The shard cannot be asked just now; others can. `cause` is what its database said, where it said anything. */
export function shardUnavailable(shard: string, cause: unknown = notConnected(`${shard} is away`)): DomainError {
  const message = "the orders of this customer cannot be reached just now";
  return new DomainError(orderErrors.shardUnavailable, message, {
    metadata: { shard },
    retryAfterMs: RETRY_AFTER_MS,
    cause,
  });
}

export const isShardUnavailable = (error: unknown): boolean =>
  error instanceof DomainError && error.spec === orderErrors.shardUnavailable;
