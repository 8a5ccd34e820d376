import { UserError } from "@ordermesh/stack";
import { expect, test } from "vitest";
import { brokerCount } from "./attach.ts";
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

test("brokers are counted by the URL of the event log", () => {
  expect(brokerCount({ eventLogUrl: "kafka://127.0.0.1:1,127.0.0.1:2,127.0.0.1:3" })).toBe(3);
  expect(brokerCount({ eventLogUrl: "postgres://u:p@127.0.0.1:1/log" })).toBe(0);
});
