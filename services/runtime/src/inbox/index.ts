export { claimFresh } from "./claim-fresh.ts";
export { pruneInbox } from "./prune-inbox.ts";
