import { UserError } from "@ordermesh/stack";
import { expect, test } from "vitest";
import { assertAsWanted, brokerCount } from "./attach.ts";
import { chosenStack } from "./options.ts";

test("a stack with brokers has a data folder of its own unless one is given", () => {
  expect(chosenStack({ engines: false, mesh: false })).toEqual({ dataDir: ".ordermesh", mesh: false });
  expect(chosenStack({ engines: true, mesh: true })).toEqual({ dataDir: ".ordermesh-engines", brokers: 1, mesh: true });
  expect(chosenStack({ engines: true, brokers: 3, data: "here", mesh: false })).toEqual({
    dataDir: "here",
    brokers: 3,
    mesh: false,
  });
});

test("brokers without --engines are refused as a wrong combination", () => {
  const refusal = expect.objectContaining({ code: "OPTIONS_CONFLICT", exitCode: 2 });
  expect(() => chosenStack({ engines: false, brokers: 3, mesh: false })).toThrow(UserError);
  expect(() => chosenStack({ engines: false, brokers: 3, mesh: false })).toThrow(refusal);
});

test("shards are asked for only when they are given", () => {
  expect(chosenStack({ engines: false, mesh: false, shards: 4 })).toEqual({
    dataDir: ".ordermesh",
    shards: 4,
    mesh: false,
  });
});

test("a running stack of another kind than was asked for is refused", () => {
  const shards = [1, 2].map((number) => ({ name: `shard-${number}`, url: "" }));
  const databases = { shards, payment: "", provider: "", inventory: "", notification: "" };
  const running = { mesh: false, eventLogUrl: "postgres://u:p@127.0.0.1:1/log", databases };
  const choice = { dataDir: "here", mesh: false };
  expect(() => assertAsWanted(running, choice)).not.toThrow();
  expect(() => assertAsWanted(running, { ...choice, shards: 2 })).not.toThrow();
  expect(() => assertAsWanted(running, { ...choice, shards: 4 })).toThrow("--shards: 4 wanted, and the stack");
  expect(() => assertAsWanted(running, { ...choice, brokers: 1 })).toThrow("--brokers: 1 wanted");
  expect(() => assertAsWanted(running, { ...choice, mesh: true })).toThrow("--mesh: the stack");
});

test("brokers are counted by the URL of the event log", () => {
  expect(brokerCount({ eventLogUrl: "kafka://127.0.0.1:1,127.0.0.1:2,127.0.0.1:3" })).toBe(3);
  expect(brokerCount({ eventLogUrl: "postgres://u:p@127.0.0.1:1/log" })).toBe(0);
});
