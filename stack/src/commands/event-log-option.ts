import { parseEventLogUrl } from "@ordermesh/runtime/event-log";
import type { EventLogOption } from "../options.ts";
import { UserError } from "../user-error.ts";

export interface EventLogFlags {
  readonly engines: boolean;
  readonly brokers?: 1 | 3;
  /** URL of a cluster that runs elsewhere. */
  readonly kafka?: string;
}

/** Reads `--brokers`. */
export function parseBrokers(text: string): 1 | 3 {
  if (text === "1") return 1;
  if (text === "3") return 3;
  throw wrong(
    "BAD_BROKERS",
    `--brokers: "${text}" is not accepted; give 1, or 3, which go on when one of them is lost`,
  );
}

/** Reads `--kafka`: host:port,host:port or a whole URL. Returns the URL. */
export function parseKafka(text: string): string {
  const url = text.includes("://") ? text : `kafka://${text}`;
  try {
    if (parseEventLogUrl(url).driver === "kafka") return url;
  } catch (cause) {
    throw wrong("BAD_KAFKA", `--kafka: "${text}" is not accepted: ${(cause as Error).message}; ${allowed}`, cause);
  }
  throw wrong("BAD_KAFKA", `--kafka: "${text}" is not accepted: it is no Kafka cluster; ${allowed}`);
}

/** Where the events shall be; undefined is PostgreSQL. */
export function chooseEventLog({ engines, brokers, kafka }: EventLogFlags): EventLogOption | undefined {
  if (kafka !== undefined) {
    if (brokers === undefined) return { kind: "external", url: kafka };
    throw wrong(
      "BROKERS_ELSEWHERE",
      `--brokers ${brokers} and --kafka exclude each other: with --kafka no broker is started`,
    );
  }
  if (engines) return { kind: "kafka", brokers: brokers ?? 1 };
  if (brokers === undefined) return undefined;
  throw wrong("BROKERS_WITHOUT_ENGINES", `--brokers ${brokers} needs --engines, which starts Kafka brokers`);
}

const allowed = "give host:port,host:port, or a URL kafka://host:port?tls=true&… with the parameters of an event log";

const wrong = (code: string, message: string, cause?: unknown): UserError =>
  new UserError(code, message, { exitCode: 2, cause });
