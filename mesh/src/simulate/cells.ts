// Access to typed arrays on the hot path.

// One function for each kind of array: a function that sees several kinds is several times slower.

/** The number at an index that is known to lie inside; beside the compiler's doubt there is nothing to check. */
export const whole = (cells: Int32Array, index: number): number => cells[index] as number;

/** As whole, of numbers with fractions. */
export const real = (cells: Float64Array, index: number): number => cells[index] as number;

/** As whole, of small numbers. */
export const small = (cells: Uint8Array, index: number): number => cells[index] as number;

/** A copy of at least twice the size. */
export function grown(cells: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(cells.length * 2);
  larger.set(cells);
  return larger;
}

/** As grown, of whole numbers. */
export function grownWhole(cells: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(cells.length * 2);
  larger.set(cells);
  return larger;
}
