import { expect, test } from "vitest";
import { type LiveMember, type Ownership, planAssignment } from "./plan-assignment.ts";

const topics = ["x", "y"];
const member = (id: string, of = topics): LiveMember => ({ id, topics: of });

function partitions(): Ownership[] {
  return topics.flatMap((topic, t) => [0, 1, 2, 3].map((n) => ({ id: t * 4 + n, topic, owner: undefined })));
}

/** Lets every member plan and act in turn until nobody has anything to do. */
function settle(members: readonly LiveMember[], start: readonly Ownership[]): Ownership[] {
  const state = new Map(start.map((partition) => [partition.id, partition]));
  for (let round = 0; round < 20; round += 1) {
    let steps = 0;
    for (const me of members) {
      const { release, claim } = planAssignment(me, members, [...state.values()]);
      for (const id of [...release, ...claim]) {
        const partition = state.get(id);
        if (partition !== undefined) {
          state.set(id, { ...partition, owner: claim.includes(id) ? me.id : undefined });
          steps += 1;
        }
      }
    }
    if (steps === 0) {
      return [...state.values()];
    }
  }
  throw new Error("the members never agree");
}

function shares(state: readonly Ownership[], id: string): number[] {
  return topics.map((topic) => state.filter((each) => each.topic === topic && each.owner === id).length);
}

test("one member takes all, a second one half of each topic", () => {
  const alone = settle([member("a")], partitions());
  expect(shares(alone, "a")).toEqual([4, 4]);
  const both = settle([member("a"), member("b")], alone);
  expect([shares(both, "a"), shares(both, "b")]).toEqual([
    [2, 2],
    [2, 2],
  ]);
});

test("the extra partition of each topic goes to another member", () => {
  const members = ["a", "b", "c"].map((id) => member(id));
  const totals = members.map(({ id }) => shares(settle(members, partitions()), id));
  expect(totals.flat().toSorted()).toEqual([1, 1, 1, 1, 2, 2]);
  expect(Math.max(...totals.map(([x = 0, y = 0]) => x + y))).toBe(3);
});

test("more members than partitions leave some without, and none is owned twice or by nobody", () => {
  const members = ["a", "b", "c", "d", "e", "f"].map((id) => member(id));
  const state = settle(members, partitions());
  expect(state.every(({ owner }) => owner !== undefined)).toBe(true);
});

test("members with different topics share only those that both have", () => {
  const state = settle([member("a", ["x"]), member("b")], partitions());
  expect([shares(state, "a"), shares(state, "b")]).toEqual([
    [2, 0],
    [2, 4],
  ]);
});

test("nothing moves once all is shared", () => {
  const members = [member("a"), member("b")];
  const state = settle(members, partitions());
  expect(members.map((me) => planAssignment(me, members, state))).toEqual([
    { release: [], claim: [] },
    { release: [], claim: [] },
  ]);
});
