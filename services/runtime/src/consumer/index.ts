export { type ApplyContext, defineHandler, type EventHandler, type EventOf } from "./handler.ts";
export { type Consumer, type ConsumerOptions, startConsumer } from "./start-consumer.ts";
