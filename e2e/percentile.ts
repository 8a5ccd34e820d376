/** The value below which such a share of the values lies, from 0 to 1: 0.5 gives the middle one. 0 when there is none. */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
