// The customers of a load: many, because all orders of one lie on one shard.
import { BUCKET_COUNT, bucketOfKey } from "@ordermesh/runtime/ids";
import { issueDevelopmentToken } from "@ordermesh/stack";

export const defaultCustomers = 256;

/**
 * Names of customers whose buckets lie as far apart as can be: whatever shards have even ranges of buckets have as many
 * of them each.
 */
export function customersOverBuckets(count: number): string[] {
  if (!(count >= 1 && count <= BUCKET_COUNT)) {
    throw new RangeError(`customers: ${count} given, allowed is 1 to ${BUCKET_COUNT}`);
  }
  const found = new Map<number, string>();
  for (let number = 1; found.size < count; number += 1) {
    const name = `load-${number}`;
    const part = Math.floor((bucketOfKey(name) * count) / BUCKET_COUNT);
    if (!found.has(part)) found.set(part, name);
  }
  return [...found].sort(([a], [b]) => a - b).map(([, name]) => name);
}

/** Signs a token for each customer of a load, with the key of the stack's data folder. */
export async function issueCustomerTokens(dataDir: string, count = defaultCustomers): Promise<readonly string[]> {
  return Promise.all(customersOverBuckets(count).map((customer) => issueDevelopmentToken(dataDir, customer)));
}

/**
 * The authorization of the n-th order. The strings are made once, and neighbours are far apart in the list, so that the
 * orders of a moment are spread over all shards.
 */
export function inTurns(tokens: readonly string[]): (order: number) => string {
  const authorizations = spread(tokens).map((token) => `Bearer ${token}`);
  const [first] = authorizations;
  if (first === undefined) throw new RangeError("tokens: none given, at least one is needed");
  return (order) => authorizations[order % authorizations.length] ?? first;
}

/** Every element once, each about half the list away from the one before. */
function spread<Value>(values: readonly Value[]): Value[] {
  const half = Math.ceil(values.length / 2);
  return values.slice(0, half).flatMap((value, index) => [value, ...values.slice(half + index, half + index + 1)]);
}
