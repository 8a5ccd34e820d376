import kafkajs from "kafkajs";

/** What a member holds from one join of its group until something ends it. */
export interface Lease {
  /** Aborted when the lease is lost: what is in flight cannot be committed any more. */
  readonly lost: AbortSignal;
  /** Aborted when no batch may be begun any more; those in flight may still be finished and committed. */
  readonly ended: AbortSignal;
  /** Takes what the group's coordinator answered; ends the lease if that says so. */
  refused(error: unknown): void;
  /** The coordinator has been silent for as long as a session lasts: others may have the partitions by now. */
  expire(cause: unknown): void;
  /** The group rebalances, or the member has left it. */
  end(): void;
  /** A lease of another join has taken its place, or the consumer is gone. */
  replace(): void;
  /** What the consumer's runner must be told so that it joins again, unless it has done so already. */
  whyRejoin(): unknown;
}

/** The group rebalances, or its coordinator has moved: commits are still taken, or at worst refused. */
const REBALANCING = new Set(["REBALANCE_IN_PROGRESS", "NOT_COORDINATOR_FOR_GROUP"]);
/** The coordinator has removed the member, and perhaps given its partitions to others. */
const REMOVED = new Set(["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"]);

export function createLease(): Lease {
  const lost = new AbortController();
  const ended = new AbortController();
  let rejoinError: unknown;

  function lose(reason: Error): void {
    ended.abort();
    lost.abort(reason);
  }

  function removed(error: unknown): void {
    rejoinError = error;
    lose(new Error("the lease in the consumer group was lost", { cause: error }));
  }

  return {
    lost: lost.signal,
    ended: ended.signal,
    refused(error) {
      const type = protocolError(error);
      if (lost.signal.aborted || type === undefined) return;
      if (REMOVED.has(type)) removed(error);
      else if (REBALANCING.has(type)) {
        rejoinError = error;
        ended.abort();
      }
    },
    expire(cause) {
      if (lost.signal.aborted) return;
      // Of this type because it makes kafkajs's runner join anew under the member's present id.
      const silence = Object.assign(new Error("the group's coordinator does not answer", { cause }), {
        type: "ILLEGAL_GENERATION",
      });
      removed(new kafkajs.KafkaJSProtocolError(silence));
    },
    end: () => ended.abort(),
    replace() {
      rejoinError = undefined;
      lose(new Error("the lease in the consumer group is over"));
    },
    whyRejoin: () => rejoinError,
  };
}

function protocolError(error: unknown): string | undefined {
  return error instanceof Error && "type" in error && typeof error.type === "string" ? error.type : undefined;
}
