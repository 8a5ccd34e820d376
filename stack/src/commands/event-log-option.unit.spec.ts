import { expect, test } from "vitest";
import { chooseEventLog, parseBrokers, parseKafka } from "./event-log-option.ts";

test.each([
  [{ engines: false }, undefined],
  [{ engines: true }, { kind: "kafka", brokers: 1 }],
  [
    { engines: true, brokers: 3 as const },
    { kind: "kafka", brokers: 3 },
  ],
  [
    { engines: true, kafka: "kafka://a:1" },
    { kind: "external", url: "kafka://a:1" },
  ],
  [
    { engines: false, kafka: "kafka://a:1" },
    { kind: "external", url: "kafka://a:1" },
  ],
])("%j puts the events to %j", (flags, chosen) => {
  expect(chooseEventLog(flags)).toEqual(chosen);
});

test.each([
  [{ engines: false, brokers: 3 as const }, "BROKERS_WITHOUT_ENGINES", /--brokers 3 needs --engines/],
  [{ engines: false, brokers: 1 as const, kafka: "kafka://a:1" }, "BROKERS_ELSEWHERE", /exclude each other/],
])("%j is refused as %s", (flags, code, message) => {
  expect(() => chooseEventLog(flags)).toThrow(expect.objectContaining({ code, exitCode: 2 }));
  expect(() => chooseEventLog(flags)).toThrow(message);
});

test("the number of brokers is 1 or 3", () => {
  expect([parseBrokers("1"), parseBrokers("3")]).toEqual([1, 3]);
  for (const text of ["2", "0", "three", ""]) expect(() => parseBrokers(text)).toThrow(/is not accepted; give 1, or 3/);
});

test("a cluster is given by addresses or as a whole URL", () => {
  expect(parseKafka("a.example:9092,b:9092")).toBe("kafka://a.example:9092,b:9092");
  const secured = "kafka://a:9093?tls=true&ca=ca.pem";
  expect(parseKafka(secured)).toBe(secured);
});

test.each(["", "a", "a:0x1", "kafka://", "kafka://a:1?colour=red", "http://a:1", "postgres://u:p@h/d"])(
  "%j is no cluster, and what is allowed is said",
  (text) => {
    const refused = { code: "BAD_KAFKA", exitCode: 2, message: expect.stringContaining("give host:port,host:port") };
    expect(() => parseKafka(text)).toThrow(expect.objectContaining(refused));
  },
);
