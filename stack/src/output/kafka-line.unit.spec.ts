import { expect, test } from "vitest";
import { readKafkaLine } from "./kafka-line.ts";

const now = new Date(0);

test("an error of a broker is shown with where it comes from", () => {
  expect(readKafkaLine("kafka-1", "2026-11-23T00:00:00,123 ERROR LogManager Disk full: no space", now)).toEqual({
    time: now,
    source: "kafka-1",
    level: "error",
    message: "Disk full: no space",
    fields: { origin: "LogManager" },
  });
});

test("its warnings are details, and a stack trace is no line", () => {
  expect(readKafkaLine("kafka-1", "2026-11-23T00:00:00,123 WARN NetworkClient away", now)?.level).toBe("debug");
  expect(readKafkaLine("kafka-1", "\tat kafka.Kafka.main(Kafka.scala)", now)).toBeUndefined();
});
