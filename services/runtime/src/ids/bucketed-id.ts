import { hash } from "node:crypto";
import { pooledRandom } from "./pooled-random.ts";

/** How many buckets the key space is divided into; shards own ranges of buckets. */
export const BUCKET_COUNT = 4096;

const MAX_TIME_MS = 2 ** 48 - 1;
const MAX_REMEMBERED_KEYS = 16_384;
const rememberedBuckets = new Map<string, number>();

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

const eightBytes = (): Uint8Array => pooledRandom(8);

/**
 * The bucket (0 to 4095) of a partitioning key such as a customer id: the first 12 bits of its SHA-256.
 * It must never change, because rows are placed by it.
 */
export function bucketOfKey(key: string): number {
  const known = rememberedBuckets.get(key);
  if (known !== undefined) return known;
  const bucket = Number.parseInt(hash("sha256", key, "hex").slice(0, 3), 16);
  // Forgetting everything now and then is cheaper than keeping an order of use for every look-up.
  if (rememberedBuckets.size >= MAX_REMEMBERED_KEYS) rememberedBuckets.clear();
  rememberedBuckets.set(key, bucket);
  return bucket;
}

/**
 * A new UUIDv8 (RFC 9562, section 5.8) that carries its time and the bucket of `key`: 48 bits of Unix milliseconds,
 * the version, 12 bits of bucket, the variant, 62 random bits. Whoever holds the id can tell its shard.
 *
 * @param random source of 8 random bytes; for tests
 * @throws RangeError when `nowMs` does not fit 48 bits
 */
export function newBucketedId(key: string, nowMs: number, random: () => Uint8Array = eightBytes): string {
  if (!Number.isInteger(nowMs) || nowMs < 0 || nowMs > MAX_TIME_MS) {
    throw new RangeError(`nowMs must be whole milliseconds from 0 to ${MAX_TIME_MS}, got ${nowMs}`);
  }
  const time = nowMs.toString(16).padStart(12, "0");
  const bucket = bucketOfKey(key).toString(16).padStart(3, "0");
  const bytes = random();
  const hex = (index: number) => HEX[bytes[index] ?? 0] ?? "00";
  const variant = HEX[((bytes[0] ?? 0) & 0x3f) | 0x80] ?? "80";
  return `${time.slice(0, 8)}-${time.slice(8)}-8${bucket}-${variant}${hex(1)}-${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`;
}

/** The bucket (0 to 4095) inside an id made by {@link newBucketedId}. The id must be a UUID; see `isUuid`. */
export function bucketOfId(id: string): number {
  return Number.parseInt(id.slice(15, 18), 16);
}

/** The Unix milliseconds inside an id made by {@link newBucketedId} or `newEventId`. The id must be a UUID. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
