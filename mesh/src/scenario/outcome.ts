// What a scenario led to, whether it was simulated or driven through real proxies.

export interface Ejection {
  readonly host: string;
  /** Which client proxy, from 1; undefined where that was not looked at. */
  readonly proxy?: number;
  /** From the start of the scenario. */
  readonly atMs: number;
  /** undefined: still out when the scenario ended. */
  readonly untilMs: number | undefined;
}

export interface ScenarioOutcome {
  /** Requests of clients. */
  readonly requests: number;
  readonly succeeded: number;
  /** By gRPC status name. */
  readonly failed: Readonly<Record<string, number>>;
  /** Tries that reached a host, by host. */
  readonly tries: Readonly<Record<string, number>>;
  readonly retries: number;
  /** Retries that a budget or maxRetries refused. */
  readonly retriesRefused: number;
  /** Requests that a breaker refused. */
  readonly refused: number;
  readonly ejections: readonly Ejection[];
  readonly latencyMs: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
}

/** What `mesh verify` writes of each scenario that it drove through real proxies. */
export interface MeasuredRun {
  /** Name of the scenario's file, without `.yaml`. */
  readonly scenario: string;
  readonly outcome: ScenarioOutcome;
}
