import { expect, test } from "vitest";
import { createStartLog, startError } from "./readiness.ts";

test("a taken port is named, whoever prints the address how", () => {
  for (const address of ["127.0.0.1:9001", "localhost/127.0.0.1:9001"]) {
    const log = createStartLog("kafka-1");
    log.add(
      `org.apache.kafka.common.KafkaException: Socket server failed to bind to ${address}: Address already in use.`,
    );
    const error = startError({ code: 1, signal: null }, log);
    expect(error.code).toBe("KAFKA_PORT_TAKEN");
    expect(error.message).toContain("kafka-1 cannot listen on 127.0.0.1:9001: another program does");
  }
});

test("another end shows the last lines of the log and how it ended", () => {
  const log = createStartLog("kafka-2");
  for (let line = 1; line <= 100; line += 1) log.add(`line ${line}`);
  const error = startError({ code: null, signal: "SIGKILL" }, log);
  expect(error.code).toBe("KAFKA_START_FAILED");
  expect(error.message).toContain("kafka-2 ended before it served (signal SIGKILL)");
  expect(error.message).toContain("line 100");
  expect(error.message).not.toContain("line 70\n");
});

test("a broker that said nothing is reported as such", () => {
  expect(startError({ code: 1, signal: null }, createStartLog("kafka-1")).message).toContain("it said nothing");
});
