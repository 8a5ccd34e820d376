export { claimAll, claimFresh, isRepeat } from "./claim-fresh.ts";
export { pruneInbox } from "./prune-inbox.ts";
