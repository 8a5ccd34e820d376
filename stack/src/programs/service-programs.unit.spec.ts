import { expect, test } from "vitest";
import { checkRebuild, environmentOfProgram, servicePrograms } from "./service-programs.ts";

const own = { ORDERMESH_INSTANCE: "order-1", ORDERMESH_SHARDS: "shard-1=postgres://a" };
const serviceEnvironments = { order: own, payment: {}, inventory: {}, notification: {} };

test("a program has its service's variables, under a name of its own", () => {
  expect(environmentOfProgram({ serviceEnvironments }, servicePrograms.shards)).toEqual({
    ORDERMESH_INSTANCE: "order-shards",
    ORDERMESH_SHARDS: "shard-1=postgres://a",
  });
});

test("the index is rebuilt where there is a Redis; the notification store anywhere", () => {
  expect(() => checkRebuild("index", {})).toThrow(/no Redis/);
  expect(() => checkRebuild("index", { redisUrl: "redis://127.0.0.1:6379" })).not.toThrow();
  expect(() => checkRebuild("notification", {})).not.toThrow();
});
