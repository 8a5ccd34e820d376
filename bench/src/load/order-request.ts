// Bodies of PlaceOrder, made by concatenation alone: building JSON per request would cost the machine under test.

export interface OrderShape {
  /** Goes into clientReference, so that the run's orders can be told from others. */
  readonly runId: string;
  readonly lines: number;
  readonly skus: readonly string[];
}

/** Returns a function that makes the body of a new order of random, different items. */
export function createBodyMaker({ runId, lines, skus }: OrderShape): () => string {
  if (lines < 1 || lines > skus.length) {
    throw new RangeError(`lines: ${lines} given, allowed is 1 to ${skus.length}, the number of items`);
  }
  const head = `{"clientReference":"${runId}","currencyCode":"EUR","lines":[`;
  const tail = `],"paymentMethod":{"token":"tok_approve"},"contact":{"email":"ada@example.com"}}`;
  const parts = skus.map((sku) => `{"sku":"${sku}","quantity":1}`);
  return () => {
    // A random start and a random stride give different items without remembering which were drawn.
    const stride = 1 + Math.floor(Math.random() * Math.max(1, Math.floor((parts.length - 1) / lines)));
    let index = Math.floor(Math.random() * parts.length);
    let body = head + parts[index];
    for (let line = 1; line < lines; line += 1) {
      index = (index + stride) % parts.length;
      body += `,${parts[index]}`;
    }
    return body + tail;
  };
}

/** The skus of the seeded catalogue, sku-0001 to sku-1000. */
export const seededSkus: readonly string[] = Array.from(
  { length: 1000 },
  (_, index) => `sku-${String(index + 1).padStart(4, "0")}`,
);
