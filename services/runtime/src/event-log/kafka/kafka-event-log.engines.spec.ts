import { runEventLogContract } from "../contract.ts";
import { startKafkaHarness } from "./testing/kafka-harness.ts";

runEventLogContract("kafka, one broker", startKafkaHarness);
