// Seconds that show what takes a minute.
import type { EffectiveValues } from "../model/effective.ts";

/** @returns the values with the times of the ejection divided by the factor; all else stays */
export function withTimeLapse(values: EffectiveValues, factor: number): EffectiveValues {
  return {
    ...values,
    ejectIntervalMs: values.ejectIntervalMs / factor,
    ejectBaseMs: values.ejectBaseMs / factor,
  };
}
