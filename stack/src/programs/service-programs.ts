import { fileURLToPath } from "node:url";
import type { ServiceName } from "../processes/topology.ts";
import type { StackState } from "../state.ts";
import { UserError } from "../user-error.ts";

/** A program that looks after what a service has, beside the service's own processes. */
export interface ServiceProgram {
  /** Whose variables it gets. */
  readonly service: ServiceName;
  /** What it calls itself towards databases, the event log and its log, in the place of order-1 and the like. */
  readonly instance: string;
  readonly file: string;
}

const file = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const servicePrograms = {
  shards: { service: "order", instance: "order-shards", file: file("services/order/src/shards-cli.ts") },
  rebuildNotification: {
    service: "notification",
    instance: "notification-rebuild",
    file: file("services/notification/src/rebuild.ts"),
  },
  rebuildIndex: { service: "order", instance: "order-index", file: file("services/order/src/rebuild-index.ts") },
} as const satisfies Readonly<Record<string, ServiceProgram>>;

/** What `npm run rebuild` makes anew, and by which program. */
export const rebuilds = {
  notification: servicePrograms.rebuildNotification,
  index: servicePrograms.rebuildIndex,
} as const;
export type RebuiltStore = keyof typeof rebuilds;

/** The program's variables: those of its service in the stack that runs, under its own name. */
export function environmentOfProgram(
  { serviceEnvironments }: Pick<StackState, "serviceEnvironments">,
  { service, instance }: Pick<ServiceProgram, "service" | "instance">,
): Readonly<Record<string, string>> {
  return { ...serviceEnvironments[service], ORDERMESH_INSTANCE: instance };
}

/** Refuses to rebuild what the stack does not have. */
export function checkRebuild(store: RebuiltStore, { redisUrl }: Pick<StackState, "redisUrl">): void {
  if (store !== "index" || redisUrl !== undefined) return;
  throw new UserError(
    "NO_REDIS",
    "the stack has no Redis, and so no index that could be rebuilt: look-ups ask the shards; npm start -- --engines " +
      "starts one with Redis",
  );
}
