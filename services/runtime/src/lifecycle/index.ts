export {
  type HealthServer,
  type HealthServerOptions,
  type Readiness,
  startHealthServer,
} from "./health-server.ts";
export { type RunningService, runService, type StartOptions } from "./run-service.ts";
