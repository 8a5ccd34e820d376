// What all shards say before a move: who has which bucket, and what was begun and not finished.
import type { ShardUrl } from "../shards/shard-urls.ts";
import { formatBuckets } from "./bucket-ranges.ts";
import { MoveError } from "./move-error.ts";
import { type MoveRecord, readUnfinished } from "./move-record.ts";
import { openSession, type ShardSession } from "./shard-session.ts";

export interface Survey {
  /** Sessions with the shards that could be reached, by name. */
  readonly sessions: ReadonlyMap<string, ShardSession>;
  /** Why others could not. */
  readonly away: ReadonlyMap<string, MoveError>;
  readonly unfinished: readonly MoveRecord[];
  /** The session with a shard. Throws SHARD_UNKNOWN, or the reason why it is away. */
  session(shard: string): ShardSession;
  close(): Promise<void>;
}

/** Connects to every shard; those that are away are told by `away`. */
export async function surveyShards(shards: readonly ShardUrl[]): Promise<Survey> {
  const sessions = new Map<string, ShardSession>();
  const away = new Map<string, MoveError>();
  const close = async (): Promise<void> => {
    await Promise.all([...sessions.values()].map((session) => session.close()));
  };
  try {
    await Promise.all(
      shards.map(async (shard) => {
        try {
          sessions.set(shard.name, await openSession(shard));
        } catch (error) {
          if (!(error instanceof MoveError)) throw error;
          away.set(shard.name, error);
        }
      }),
    );
    const unfinished: MoveRecord[] = [];
    for (const session of sessions.values()) {
      const move = await readUnfinished(session);
      if (move !== undefined) unfinished.push(move);
    }
    return { sessions, away, unfinished, session: (name) => sessionOf(name, sessions, away), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function sessionOf(
  name: string,
  sessions: ReadonlyMap<string, ShardSession>,
  away: ReadonlyMap<string, MoveError>,
): ShardSession {
  const session = sessions.get(name);
  if (session !== undefined) return session;
  const known = [...sessions.keys(), ...away.keys()].sort().join(", ");
  throw away.get(name) ?? new MoveError("SHARD_UNKNOWN", `${name} is not in ORDERMESH_SHARDS, which has ${known}`);
}

/** Which shard has each of the buckets. Throws BUCKET_WITHOUT_OWNER and BUCKET_WITH_TWO_OWNERS. */
export async function ownersOf(
  { sessions, away }: Survey,
  buckets: readonly number[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const owners = new Map<number, string>();
  for (const session of sessions.values()) {
    const rows = await session.rows<{ bucket: number }>(
      "SELECT bucket FROM bucket WHERE bucket = ANY ($1::smallint[]) AND state IN ('OWNED', 'FENCED')",
      [buckets],
    );
    for (const { bucket } of rows) {
      const other = owners.get(bucket);
      if (other !== undefined) {
        throw new MoveError("BUCKET_WITH_TWO_OWNERS", `bucket ${bucket} is at ${other} and at ${session.shard}`);
      }
      owners.set(bucket, session.shard);
    }
  }
  const lost = buckets.filter((bucket) => !owners.has(bucket));
  if (lost.length > 0) {
    const [reason] = away.values();
    throw new MoveError(
      "BUCKET_WITHOUT_OWNER",
      `no shard that can be reached has ${formatBuckets(lost, 5)}${reason === undefined ? "" : `; ${reason.message}`}`,
    );
  }
  return Map.groupBy(buckets, (bucket) => owners.get(bucket) ?? "");
}
