import type { Server, ServerWritableStream } from "@grpc/grpc-js";
import { HealthImplementation, service as healthService } from "grpc-health-check";
import { type CallTracker, trackStream } from "./call-tracker.ts";

/** How often (ms) watchers of the health service learn about a change. */
const refreshMs = 250;

export interface HealthService {
  /** Answers NOT_SERVING from now on. */
  stop(): void;
}

type CheckHandler = (call: unknown, callback: unknown) => void;

/**
 * Serves grpc.health.v1 for the server ("") and each named service. A check asks `ready` afresh; watchers are told
 * within a quarter of a second.
 */
export function addHealth(
  server: Server,
  tracker: CallTracker,
  services: readonly string[],
  ready: () => boolean,
): HealthService {
  const names = ["", ...services];
  const health = new HealthImplementation();
  let stopped = false;
  let serving: boolean | undefined;
  const refresh = (): void => {
    const now = !stopped && ready();
    if (now === serving) return;
    serving = now;
    for (const name of names) health.setStatus(name, now ? "SERVING" : "NOT_SERVING");
  };
  refresh();
  const timer = setInterval(refresh, refreshMs).unref();
  const fresh = (handler: unknown): CheckHandler => {
    return (call, callback) => {
      refresh();
      (handler as CheckHandler)(call, callback);
    };
  };
  health.addToServer({
    addService: (_definition, implementation) => {
      const { check, list, watch } = implementation;
      const watchUntilStop = (call: ServerWritableStream<unknown, unknown>): void => {
        trackStream(tracker, call);
        (watch as (call: unknown) => void)(call);
      };
      server.addService(healthService, { check: fresh(check), list: fresh(list), watch: watchUntilStop });
    },
  });
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
      refresh();
    },
  };
}
