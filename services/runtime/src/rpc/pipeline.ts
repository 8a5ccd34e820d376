import type { TokenVerifier } from "../auth/index.ts";
import type { Logger } from "../logging/index.ts";
import type { CallTracker } from "./call-tracker.ts";

/** What the handlers of all methods share, over gRPC and Connect alike. */
export interface Pipeline {
  readonly verifier: TokenVerifier;
  readonly logger: Logger;
  readonly tracker: CallTracker;
}
