// Outlier ejection as one proxy does it: consecutive errors per host, out at once, back at a tick of the interval.
// Source: Envoy's architecture overview "Outlier detection" and its behaviour in 1.40.
import type { EffectiveValues } from "../model/effective.ts";
import { real, small, whole } from "./cells.ts";
import { countsAsGatewayError, countsAsNothing, ejectionCounts } from "./try-results.ts";

/** Envoy's max_ejection_time where nothing is said; a longer base time takes its place. */
const longestMs = 300_000;

/** Ticks are a sum of intervals: the last digits may differ. */
const rounding = 1e-6;

export type OnEjection = (host: number, out: boolean) => void;

export class EjectionState {
  /** 1 for each host that is out. */
  readonly out: Uint8Array;
  outCount = 0;
  readonly #values: EffectiveValues;
  readonly #onChange: OnEjection;
  readonly #afterErrors: number;
  readonly #afterGatewayErrors: number;
  readonly #errors: Int32Array;
  readonly #gatewayErrors: Int32Array;
  readonly #since: Float64Array;
  readonly #backAt: Float64Array;
  /** By how much the base time is multiplied: grows with each ejection, shrinks with each quiet interval. */
  readonly #times: Int32Array;

  constructor(hosts: number, values: EffectiveValues, onChange: OnEjection) {
    this.#values = values;
    this.#onChange = onChange;
    this.#afterErrors = values.ejectAfterErrors ?? -1;
    this.#afterGatewayErrors = values.ejectAfterGatewayErrors ?? -1;
    this.out = new Uint8Array(hosts);
    this.#errors = new Int32Array(hosts);
    this.#gatewayErrors = new Int32Array(hosts);
    this.#since = new Float64Array(hosts);
    this.#backAt = new Float64Array(hosts).fill(Number.POSITIVE_INFINITY);
    this.#times = new Int32Array(hosts);
  }

  /** Counts how a try on the host ended, and ejects the host when that was one error too many. */
  count(now: number, host: number, result: number): void {
    const counts = small(ejectionCounts, result);
    if (counts === countsAsNothing) {
      this.#errors[host] = this.#gatewayErrors[host] = 0;
      return;
    }
    if (counts === countsAsGatewayError) {
      const gatewayErrors = whole(this.#gatewayErrors, host) + 1;
      this.#gatewayErrors[host] = gatewayErrors;
      if (gatewayErrors === this.#afterGatewayErrors && this.#tryToEject(now, host)) this.#gatewayErrors[host] = 0;
    } else this.#gatewayErrors[host] = 0;
    const errors = whole(this.#errors, host) + 1;
    this.#errors[host] = errors;
    if (errors === this.#afterErrors && this.#tryToEject(now, host)) this.#errors[host] = 0;
  }

  /** The interval's tick: who has been out for long enough comes back. */
  tick(now: number): void {
    const { ejectBaseMs, ejectIntervalMs } = this.#values;
    for (let host = 0; host < this.out.length; host++) {
      if (small(this.out, host) === 1) {
        const outFor = Math.min(ejectBaseMs * whole(this.#times, host), Math.max(longestMs, ejectBaseMs));
        if (now - real(this.#since, host) >= outFor) this.#takeBack(now, host);
      } else if (now - real(this.#backAt, host) >= ejectIntervalMs - rounding && whole(this.#times, host) > 0) {
        this.#times[host] = whole(this.#times, host) - 1;
      }
    }
  }

  /** @returns false: it is out already, and its errors are not looked at until it is back */
  #tryToEject(now: number, host: number): boolean {
    if (small(this.out, host) === 1) return false;
    const { ejectMaxPercent, ejectBaseMs } = this.#values;
    if ((100 * (this.outCount + 1)) / this.out.length > ejectMaxPercent) return true;
    this.out[host] = 1;
    this.outCount++;
    this.#since[host] = now;
    const times = whole(this.#times, host);
    if (times * ejectBaseMs < Math.max(longestMs, ejectBaseMs) + ejectBaseMs) this.#times[host] = times + 1;
    this.#onChange(host, true);
    return true;
  }

  #takeBack(now: number, host: number): void {
    this.out[host] = 0;
    this.outCount--;
    this.#errors[host] = this.#gatewayErrors[host] = 0;
    this.#backAt[host] = now;
    this.#onChange(host, false);
  }
}

/** Whether anything can be ejected at all. */
export const ejects = ({ ejectAfterErrors, ejectAfterGatewayErrors }: EffectiveValues): boolean =>
  ejectAfterErrors !== null || ejectAfterGatewayErrors !== null;
