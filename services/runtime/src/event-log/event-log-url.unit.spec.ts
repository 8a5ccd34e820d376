import { expect, test } from "vitest";
import { parseEventLogUrl } from "./event-log-url.ts";

test("a PostgreSQL URL means the embedded log", () => {
  const url = "postgres://order:secret@127.0.0.1:5432/ordermesh_log";
  expect(parseEventLogUrl(url)).toEqual({ driver: "embedded", url });
});

test("a Kafka URL names brokers", () => {
  expect(parseEventLogUrl("kafka://a:9092,[::1]:9093/")).toEqual({
    driver: "kafka",
    brokers: ["a:9092", "[::1]:9093"],
  });
});

test("TLS and SASL are parameters, secrets are in files", () => {
  const query = "tls=true&ca=/ca.pem&cert=/c.pem&key=/k.pem&sasl=scram-sha-512&username=order&passwordFile=/pw";
  expect(parseEventLogUrl(`kafka://a:9092?${query}`)).toEqual({
    driver: "kafka",
    brokers: ["a:9092"],
    tls: { caFile: "/ca.pem", certFile: "/c.pem", keyFile: "/k.pem" },
    sasl: { mechanism: "scram-sha-512", username: "order", passwordFile: "/pw" },
  });
});

test.each([
  ["rabbits://a:1", /must be postgres:/],
  ["kafka://", /must be postgres:/],
  ["kafka://a", /must be postgres:/],
  ["kafka://a:9092,b", /must be postgres:/],
  ["kafka://a:9092?colour=red", /Unrecognized key.*colour/],
  ["kafka://a:9092?tls=yes", /tls: .*true.*false/],
  ["kafka://a:9092?ca=/ca.pem", /ca, cert and key need tls=true/],
  ["kafka://a:9092?tls=true&cert=/c.pem", /cert and key belong together/],
  ["kafka://a:9092?sasl=scram-sha-512&username=order", /belong together/],
  ["kafka://a:9092?sasl=plain&username=order&passwordFile=/pw", /sasl: .*scram-sha-256/],
])("%s is refused", (url, message) => {
  expect(() => parseEventLogUrl(url)).toThrow(message);
});
