export type { OutboxLag } from "./lag.ts";
export { createOutbox, type Outbox, type OutboxOptions } from "./outbox.ts";
export { createRelayPace } from "./relay.ts";
