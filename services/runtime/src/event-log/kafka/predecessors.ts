import type { Logger } from "../../logging/index.ts";
import type { KafkaConnection } from "./connection.ts";
import { type GroupMemberId, removeMembers } from "./members.ts";

/** How many subscriptions of this process there are per group and client name. */
const live = new Map<string, number>();

/** The name that a subscription has in its group until it is released. */
export interface MemberName {
  /**
   * Removes the members that an earlier process of this name left behind when it was killed, and those of this
   * subscription that could not leave the group, so that their partitions need not wait for the end of their session.
   * @param former ids under which this subscription was in the group before
   * @throws when the group's coordinator does not answer, or is not ready: joining would fail as well
   */
  removePredecessors(former: ReadonlySet<string>): Promise<void>;
  release(): void;
}

export function claimMemberName(connection: KafkaConnection, group: string, logger: Logger): MemberName {
  const { clientId } = connection;
  const name = `${clientId}/${group}`;
  // Those of this process that live have the same name, and have removed the predecessors already.
  let byName = !live.has(name);
  live.set(name, (live.get(name) ?? 0) + 1);

  return {
    async removePredecessors(former) {
      if (!byName && former.size === 0) return;
      const isPredecessor = (member: GroupMemberId) =>
        former.has(member.memberId) || (byName && member.clientId === clientId);
      const removed = await removeMembers(connection, group, isPredecessor);
      if (removed > 0) logger.info({ removed }, "event log: removed members that were left behind in the group");
      // Once: two processes that wrongly share a name would otherwise remove each other for ever.
      byName = false;
    },
    release() {
      const left = (live.get(name) ?? 0) - 1;
      if (left > 0) live.set(name, left);
      else live.delete(name);
    },
  };
}
