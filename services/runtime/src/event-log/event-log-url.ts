import { z } from "zod";
import { addressList } from "../config/address.ts";

/** A Kafka cluster and how to identify oneself to it. Secrets are in files, so that the URL itself holds none. */
export interface KafkaAddress {
  /** host:port of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  /** TLS, when the URL says so. Without `caFile` the system's authorities are trusted. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  readonly sasl?: {
    readonly mechanism: "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly passwordFile: string;
  };
}

export type EventLogAddress =
  | { readonly driver: "embedded"; readonly url: string }
  | ({ readonly driver: "kafka" } & KafkaAddress);

/** What a URL of an event log may be, for messages. */
export const eventLogUrlAllowed =
  "postgres://user:password@host:port/database, or kafka://host:port,host:port with ?tls=true, ca=FILE, cert=FILE " +
  "and key=FILE, sasl=scram-sha-256 or scram-sha-512, username=NAME and passwordFile=FILE as needed";

const file = z.string().min(1);
const parameters = z
  .strictObject({
    tls: z.enum(["true", "false"]).default("false"),
    ca: file.optional(),
    cert: file.optional(),
    key: file.optional(),
    sasl: z.enum(["scram-sha-256", "scram-sha-512"]).optional(),
    username: z.string().min(1).optional(),
    passwordFile: file.optional(),
  })
  .refine(
    ({ tls, ca, cert, key }) => tls === "true" || (ca ?? cert ?? key) === undefined,
    "ca, cert and key need tls=true",
  )
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), "cert and key belong together")
  .refine(
    ({ sasl, username, passwordFile }) =>
      [sasl, username, passwordFile].filter((part) => part !== undefined).length % 3 === 0,
    "sasl, username and passwordFile belong together",
  );

/**
 * Reads the URL of an event log.
 * @throws TypeError that says what is wrong with it
 */
export function parseEventLogUrl(url: string): EventLogAddress {
  if (/^postgres(ql)?:\/\/./.test(url)) return { driver: "embedded", url };
  const [, hosts = "", query = ""] = /^kafka:\/\/([^/?#]+)\/?(?:\?([^#]*))?$/.exec(url) ?? [];
  const brokers = addressList.safeParse(hosts);
  if (!brokers.success) throw new TypeError(`an event log's URL must be ${eventLogUrlAllowed}`);
  const search = new URLSearchParams(query);
  const given = parameters.safeParse(Object.fromEntries(search));
  if (!given.success) {
    const faults = given.error.issues.map(({ path, message }) => [...path, message].join(": "));
    throw new TypeError(`parameters of an event log's URL: ${faults.join("; ")}`);
  }
  const { tls, ca, cert, key, sasl, username, passwordFile } = given.data;
  return {
    driver: "kafka",
    brokers: brokers.data,
    ...(tls === "true"
      ? { tls: { ...(ca && { caFile: ca }), ...(cert && { certFile: cert }), ...(key && { keyFile: key }) } }
      : {}),
    ...(sasl && username && passwordFile ? { sasl: { mechanism: sasl, username, passwordFile } } : {}),
  };
}
