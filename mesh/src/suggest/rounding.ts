// Figures as people write them into policies: rounded up, never down.

/** To 10 ms below 100 ms, 50 ms below 1 s, 100 ms below 10 s, and whole seconds from there. */
export function roundUpMs(ms: number): number {
  const step = ms <= 100 ? 10 : ms <= 1_000 ? 50 : ms <= 10_000 ? 100 : 1_000;
  return Math.max(step, Math.ceil(ms / step - 1e-9) * step);
}

/** To tens below 100, to fifties below 1,000, to hundreds from there. */
export function roundUpCount(count: number): number {
  const step = count <= 100 ? 10 : count <= 1_000 ? 50 : 100;
  return Math.max(step, Math.ceil(count / step - 1e-9) * step);
}

/** Three significant digits: more would be false precision. */
export const show = (value: number): string => String(Number(value.toPrecision(3)));
