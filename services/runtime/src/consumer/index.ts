export { deadLetterHeaders } from "./dead-letter-record.ts";
export { type ApplyContext, defineHandler, type EventHandler, type EventOf } from "./handler.ts";
export { type Consumer, type ConsumerOptions, startConsumer } from "./start-consumer.ts";
