import type { Database } from "../../database/index.ts";
import type { LiveMember } from "./plan-assignment.ts";

export interface GroupPartition {
  readonly id: number;
  /** The owner as stored, alive or not: what a claim compares with. */
  readonly storedOwner: string | null;
  readonly live: boolean;
}

export interface GroupView {
  /** False when this member's lease had run out: it owns nothing any more. */
  readonly alive: boolean;
  readonly members: readonly LiveMember[];
  readonly partitions: readonly GroupPartition[];
}

export interface Position {
  readonly id: number;
  readonly nextOffset: bigint;
}

/** The statements of group membership. The database's clock decides about leases, nobody else's. */
export interface GroupStore {
  /**
   * Becomes a member. With `replace`, members of the same client lose their lease at once: they are what a killed
   * process left behind, and its successor need not wait for them.
   */
  join(memberId: string, replace: boolean): Promise<void>;
  beat(memberId: string): Promise<GroupView>;
  claim(memberId: string, partitions: readonly GroupPartition[]): Promise<Position[]>;
  /** Moves committed offsets; only of partitions that the member owns under a valid lease, whose ids it returns. */
  commit(memberId: string, positions: readonly Position[]): Promise<Set<number>>;
  release(memberId: string, positions: readonly Position[]): Promise<void>;
  leave(memberId: string): Promise<void>;
}

export const LEASE_MS = 5_000;
const LEASE = `interval '${LEASE_MS} milliseconds'`;

const statements = {
  offsets: {
    name: "log_group_offsets",
    text: `INSERT INTO log_offset (consumer_group, partition_id) SELECT $1, unnest($2::integer[]) ON CONFLICT DO NOTHING`,
  },
  join: {
    name: "log_member_join",
    text: `WITH gone AS (
             DELETE FROM log_member WHERE lease_expire_time < clock_timestamp() - interval '1 minute'
               OR ($5 AND consumer_group = $2 AND client_id = $3)
           )
           INSERT INTO log_member (member_id, consumer_group, client_id, topics, lease_expire_time)
           VALUES ($1, $2, $3, $4, clock_timestamp() + ${LEASE})`,
  },
  beat: {
    name: "log_member_beat",
    text: `WITH beat AS (
             UPDATE log_member SET lease_expire_time = clock_timestamp() + ${LEASE}
             WHERE member_id = $1 AND lease_expire_time > clock_timestamp() RETURNING member_id
           ), live AS (
             SELECT member_id, topics FROM log_member
             WHERE consumer_group = $2 AND lease_expire_time > clock_timestamp()
           )
           SELECT EXISTS (SELECT FROM beat) AS alive,
             (SELECT coalesce(json_agg(json_build_object('id', member_id, 'topics', topics)), '[]') FROM live) AS members,
             (SELECT coalesce(json_agg(json_build_object(
                'id', o.partition_id, 'storedOwner', o.owner, 'live', l.member_id IS NOT NULL)), '[]')
              FROM log_offset o LEFT JOIN live l ON l.member_id = o.owner
              WHERE o.consumer_group = $2 AND o.partition_id = ANY ($3)) AS partitions`,
  },
  claim: {
    name: "log_partition_claim",
    text: `UPDATE log_offset o SET owner = $1
           FROM unnest($3::integer[], $4::uuid[]) AS expected (partition_id, owner)
           WHERE o.consumer_group = $2 AND o.partition_id = expected.partition_id
             AND o.owner IS NOT DISTINCT FROM expected.owner
           RETURNING o.partition_id, o.next_offset`,
  },
  commit: {
    name: "log_offset_commit",
    text: `UPDATE log_offset o SET next_offset = reached.next_offset
           FROM unnest($3::integer[], $4::bigint[]) AS reached (partition_id, next_offset)
           WHERE o.consumer_group = $2 AND o.partition_id = reached.partition_id AND o.owner = $1
             AND EXISTS (SELECT FROM log_member WHERE member_id = $1 AND lease_expire_time > clock_timestamp())
           RETURNING o.partition_id`,
  },
  release: {
    name: "log_partition_release",
    text: `UPDATE log_offset o SET next_offset = reached.next_offset, owner = NULL
           FROM unnest($3::integer[], $4::bigint[]) AS reached (partition_id, next_offset)
           WHERE o.consumer_group = $2 AND o.partition_id = reached.partition_id AND o.owner = $1`,
  },
  leave: { name: "log_member_leave", text: "DELETE FROM log_member WHERE member_id = $1" },
};

export function createGroupStore(
  database: Database,
  group: { name: string; clientId: string; topics: readonly string[]; partitionIds: readonly number[] },
): GroupStore {
  const columns = (positions: readonly Position[]) => [
    positions.map((position) => position.id),
    positions.map((position) => position.nextOffset),
  ];
  return {
    async join(memberId, replace) {
      await database.query(statements.offsets, [group.name, group.partitionIds]);
      await database.query(statements.join, [memberId, group.name, group.clientId, group.topics, replace]);
    },
    async beat(memberId) {
      const { rows } = await database.query<GroupView>(statements.beat, [memberId, group.name, group.partitionIds]);
      return rows[0] ?? { alive: false, members: [], partitions: [] };
    },
    async claim(memberId, partitions) {
      const { rows } = await database.query<{ partition_id: number; next_offset: bigint }>(statements.claim, [
        memberId,
        group.name,
        partitions.map((partition) => partition.id),
        partitions.map((partition) => partition.storedOwner),
      ]);
      return rows.map((row) => ({ id: row.partition_id, nextOffset: row.next_offset }));
    },
    async commit(memberId, positions) {
      const { rows } = await database.query<{ partition_id: number }>(statements.commit, [
        memberId,
        group.name,
        ...columns(positions),
      ]);
      return new Set(rows.map((row) => row.partition_id));
    },
    async release(memberId, positions) {
      await database.query(statements.release, [memberId, group.name, ...columns(positions)]);
    },
    async leave(memberId) {
      await database.query(statements.leave, [memberId]);
    },
  };
}
