export { EngineError, type EngineErrorCode } from "../engine-error.ts";
export { startKafkaCluster } from "./cluster.ts";
export { installKafka } from "./install.ts";
export type {
  BrokerExit,
  KafkaBroker,
  KafkaBrokerPorts,
  KafkaCluster,
  KafkaClusterOptions,
  KafkaClusterPlan,
  KafkaInstallation,
  RunningBroker,
} from "./model.ts";
export { prepareKafka } from "./prepare.ts";
