// Customers whose orders lie where a test wants them: the bucket of a customer is a hash of the name.
import { bucketOfKey } from "@ordermesh/runtime/ids";
import { issueDevelopmentToken } from "@ordermesh/stack";

/** Buckets from `first` to `last`, both included. */
export interface Buckets {
  readonly first: number;
  readonly last: number;
}

/** Tokens of so many customers whose buckets lie in the range. */
export function tokensIn(dataDir: string, { first, last }: Buckets, count: number): Promise<readonly string[]> {
  const names: string[] = [];
  for (let number = 1; names.length < count; number += 1) {
    const name = `customer-${number}`;
    const bucket = bucketOfKey(name);
    if (bucket >= first && bucket <= last) names.push(name);
  }
  return Promise.all(names.map((name) => issueDevelopmentToken(dataDir, name)));
}
