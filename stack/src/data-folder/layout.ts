import { join, resolve } from "node:path";

/** Where everything is within the data folder of a stack. */
export interface Layout {
  readonly root: string;
  /** Says that the folder is ours. */
  readonly marker: string;
  readonly lock: string;
  readonly state: string;
  readonly secrets: string;
  readonly signingKey: string;
  readonly jwks: string;
  readonly serviceToken: string;
  readonly seeded: string;
  readonly postgres: string;
  /** Which event log the folder was started with. */
  readonly eventLog: string;
  /** How many shards the folder was started with. */
  readonly shards: string;
  /** State of the Kafka brokers. */
  readonly kafka: string;
  readonly redis: string;
  /** Authority, credentials and logs of the sidecars. */
  readonly mesh: string;
  readonly compileCache: string;
}

export function layoutOf(dataDir: string): Layout {
  const root = resolve(dataDir);
  return {
    root,
    marker: join(root, "ordermesh.json"),
    lock: join(root, "lock"),
    state: join(root, "stack.json"),
    secrets: join(root, "secrets.json"),
    signingKey: join(root, "signing-key.json"),
    jwks: join(root, "jwks.json"),
    serviceToken: join(root, "service-token"),
    seeded: join(root, "catalogue.json"),
    postgres: join(root, "postgres"),
    eventLog: join(root, "event-log.json"),
    shards: join(root, "shards.json"),
    kafka: join(root, "kafka"),
    redis: join(root, "redis"),
    mesh: join(root, "mesh"),
    compileCache: join(root, "compile-cache"),
  };
}
