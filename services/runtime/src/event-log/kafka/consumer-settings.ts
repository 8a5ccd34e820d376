/** Milliseconds without a heartbeat after which the coordinator gives a member's partitions to others. */
export const SESSION_MS = 6_000;
export const HEARTBEAT_MS = 1_000;

/**
 * Settings of kafkajs's consumer. A killed member's partitions move after the session; leaving an idle topic takes as
 * long as a fetch waits; bytes bound what is in memory, since a fetch is asked for when the one before is handled.
 */
export const CONSUMER_SETTINGS = {
  sessionTimeout: SESSION_MS,
  heartbeatInterval: HEARTBEAT_MS,
  /** How long the others wait for a member that still works on its batch. */
  rebalanceTimeout: 15_000,
  maxWaitTimeInMs: 500,
  maxBytesPerPartition: 512 * 1024,
  maxBytes: 4 * 1024 * 1024,
  allowAutoTopicCreation: false,
  /** Outlasts brokers that restart; a consumer that gives up is made anew by the subscription, by nobody else. */
  retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 100, restartOnFailure: async () => false },
};
