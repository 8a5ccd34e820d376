export { decodeEvent, type Event, eventTypeOf, MalformedEventError } from "./decode-event.ts";
export { createEventEncoder, type EncodedEvent, type EventEncoder, type EventMetadata } from "./encode-event.ts";
