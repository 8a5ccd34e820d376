// One client proxy: its breakers, its retry budget, its connections, and whom it has ejected.
import type { EffectiveValues } from "../model/effective.ts";
import { Balancer, noHost } from "./balancer.ts";
import { EjectionState, type OnEjection } from "./ejection.ts";
import type { Random } from "./random.ts";

/** A request that waits for a connection, as its place and the stamp that it had when it began to wait. */
export interface Waiting {
  readonly slot: number;
  readonly stamp: number;
}

interface Connection {
  state: "open" | "opening" | "closed";
  readonly waiting: Waiting[];
}

/** Istio's host_selection_retry_max_attempts: how often a retry asks for another host than those it was at. */
const otherHostAttempts = 5;

/**
 * Envoy's update_merge_window: within this time of a change of a cluster's health the next ones are gathered, and the
 * balancer learns of them when it is over. A host that fails again as soon as it is back, or a second host that fails
 * with the first, keeps its calls for so long. Seen on 1.40; Istio leaves it as it is.
 */
export const mergeWindowMs = 1_000;

export class ClientProxy {
  /** Tries under way. */
  active = 0;
  /** Requests that wait for a connection. */
  pending = 0;
  /** Requests that are being retried: in their pause, or at their second host or a later one. */
  retrying = 0;
  readonly activeAt: Int32Array;
  readonly ejection: EjectionState;
  readonly connections: readonly Connection[];
  readonly #balancer: Balancer;
  readonly #values: EffectiveValues;
  readonly #budget: number;
  #updatedMs = Number.NEGATIVE_INFINITY;
  #updateDueMs: number | undefined;

  /** @param levels hosts by priority, as this proxy sees them */
  constructor(
    hosts: number,
    levels: readonly (readonly number[])[],
    values: EffectiveValues,
    random: Random,
    onEjection: OnEjection,
  ) {
    this.#values = values;
    this.#budget = (values.retryBudgetPercent ?? 0) / 100;
    this.activeAt = new Int32Array(hosts);
    // Meshes are warm: connections are open before anything goes wrong.
    this.connections = Array.from({ length: hosts }, () => ({ state: "open", waiting: [] }));
    this.#balancer = new Balancer(levels, this.activeAt, values, random);
    this.ejection = new EjectionState(hosts, values, onEjection);
  }

  /** @returns when the balancer is to learn of an ejection or a return; undefined: it has, or will with an earlier one */
  healthChanged(now: number): number | undefined {
    if (now - this.#updatedMs > mergeWindowMs) {
      this.#updateBalancer(now);
      return undefined;
    }
    if (this.#updateDueMs !== undefined) return undefined;
    this.#updateDueMs = now + mergeWindowMs;
    return this.#updateDueMs;
  }

  /** The merge window is over, unless a later change has put an end to it. */
  endMergeWindow(now: number): void {
    if (this.#updateDueMs === now) this.#updateBalancer(now);
  }

  #updateBalancer(now: number): void {
    this.#updatedMs = now;
    this.#updateDueMs = undefined;
    this.#balancer.healthChanged(this.ejection.out);
  }

  get mayStartTry(): boolean {
    return this.active < this.#values.maxRequests;
  }

  get mayWait(): boolean {
    return this.pending < this.#values.maxPending;
  }

  /**
   * Envoy: with a budget, concurrent retries may be that share of the active and pending requests, rounded down, and
   * never fewer than its minimum; the request that asks is itself no longer counted as active.
   */
  get mayRetry(): boolean {
    const { retryBudgetPercent, retryBudgetMinimum, maxRetries } = this.#values;
    if (retryBudgetPercent === null) return this.retrying < maxRetries;
    const allowed = Math.max(Math.floor(this.#budget * (this.active + this.pending)), retryBudgetMinimum);
    return this.retrying < allowed;
  }

  /** @param wasAt whether the request was at a host already; undefined for its first try */
  chooseHost(wasAt: ((host: number) => boolean) | undefined): number {
    let host = this.#balancer.choose();
    if (wasAt === undefined) return host;
    for (let attempt = 0; attempt < otherHostAttempts && host !== noHost && wasAt(host); attempt++) {
      host = this.#balancer.choose();
    }
    return host;
  }
}
