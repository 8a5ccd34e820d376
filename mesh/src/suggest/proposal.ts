// What `suggest` proposes, and the wishes that it follows.

export interface Proposal {
  readonly service: string;
  /** undefined: it holds for all methods of the service. */
  readonly method: string | undefined;
  /** As policies call it: `timeout`, `retries.perTry`, `breaker.requests`. */
  readonly field: string;
  /** The value in effect, as people read it. */
  readonly now: string;
  readonly nowFrom: string;
  readonly proposed: string;
  /** Milliseconds, requests or percent. */
  readonly value: number;
  readonly arithmetic: readonly string[];
}

/** Something that cannot be proposed from what was measured. */
export interface Refusal {
  readonly service: string;
  readonly method: string | undefined;
  readonly why: string;
}

export interface Proposals {
  readonly proposals: readonly Proposal[];
  readonly refusals: readonly Refusal[];
}

export interface Wishes {
  /** The share of requests that the timeout must leave alone, in percent: 99.9. */
  readonly quantile: number;
  /** What latencies are multiplied by, since tomorrow is not as good as the hours that were measured. */
  readonly factor: number;
  /** What the requests under way at once are multiplied by, for bursts and a slow host. */
  readonly headroom: number;
}

/** Retries may add this much to the load that lasts: ×1.25, a budget of 20 %. */
export const mostRetryLoad = 1.25;
