/** A member of the group whose lease is valid. */
export interface LiveMember {
  readonly id: string;
  readonly topics: readonly string[];
}

/** A partition and the live member that owns it, if any. */
export interface Ownership {
  readonly id: number;
  readonly topic: string;
  readonly owner: string | undefined;
}

export interface AssignmentStep {
  readonly release: readonly number[];
  readonly claim: readonly number[];
}

/**
 * What one member should do next so that the partitions of each topic are shared evenly. Every member plans for
 * itself from the same view; claims are made by compare-and-set, so two plans that collide do no harm.
 */
export function planAssignment(
  me: LiveMember,
  members: readonly LiveMember[],
  partitions: readonly Ownership[],
): AssignmentStep {
  const release: number[] = [];
  const claim: number[] = [];
  me.topics.forEach((topic, index) => {
    const rivals = members.filter((member) => member.topics.includes(topic)).map((member) => member.id);
    const sharers = [...new Set([...rivals, me.id])].sort();
    const all = partitions.filter((partition) => partition.topic === topic).sort((a, b) => a.id - b.id);
    // Rotated from topic to topic, so that the same member does not get the extra partition of each.
    const rank = (sharers.indexOf(me.id) + index) % sharers.length;
    const share = Math.floor(all.length / sharers.length) + (rank < all.length % sharers.length ? 1 : 0);
    const mine = all.filter((partition) => partition.owner === me.id);
    if (mine.length > share) {
      release.push(...mine.slice(share).map((partition) => partition.id));
      return;
    }
    const free = all.filter((partition) => partition.owner === undefined);
    // Members start at different places, so that those who join together seldom want the same partitions.
    const start = free.length === 0 ? 0 : (rank * share) % free.length;
    claim.push(
      ...[...free.slice(start), ...free.slice(0, start)].slice(0, share - mine.length).map((partition) => partition.id),
    );
  });
  return { release, claim };
}
