const dayMs = 24 * 3_600_000;

/**
 * How long a topic of events keeps its records, in milliseconds: 30 days. What is built from the events (the messages of
 * notification, the index of look-ups) holds nothing older, so that a rebuild gives back all that is there. A Kafka topic
 * that exists already keeps the retention that it has.
 */
export const EVENT_RETENTION_MS = 30 * dayMs;

/** How long dead letters wait for a person, in milliseconds: 90 days. The embedded log never removes them. */
export const DEAD_LETTER_RETENTION_MS = 90 * dayMs;
