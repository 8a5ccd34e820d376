import type { MoveReport } from "../move-context.ts";

/** Tells nobody. */
export const silentReport: MoveReport = {
  step: () => undefined,
  progress: () => undefined,
  note: () => undefined,
};
