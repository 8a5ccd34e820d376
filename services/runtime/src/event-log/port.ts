import type { Logger } from "../logging/index.ts";

/** What is appended: one event under a key. Records of one key keep their order. */
export interface EventRecord {
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

/** What is read: a record at its place in the log. */
export interface LogRecord extends EventRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly appendTime: Date;
}

/** Records of one or more partitions, in offset order per partition. */
export interface LogBatch {
  readonly records: readonly LogRecord[];
  /** Aborted when the member lost its lease: whatever is still done cannot be committed any more. */
  readonly signal: AbortSignal;
}

export interface SubscribeOptions {
  /** Members that name the same group share its partitions and its offsets. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Upper bound of records in one batch, and so of what a member holds in memory per lane. */
  readonly maxRecords: number;
  /**
   * Handles a batch. When it rejects, the batch is tried again partition by partition; those that still
   * fail back off with jitter and get the same records again, the others go on.
   */
  handle(batch: LogBatch): Promise<void>;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface Subscription {
  /** The partitions this member owns at the moment. */
  assigned(): readonly TopicPartition[];
  /** Finishes the batch in flight, commits its offsets and leaves the group. */
  stop(): Promise<void>;
}

export interface ReadOptions {
  /** First offset of every partition read; the oldest that is kept unless given. */
  readonly fromOffset?: bigint;
  /** The partitions to read; all unless given. */
  readonly partitions?: readonly number[];
}

/** A durable, partitioned log of events. Everything above it is the same whichever driver is behind. */
export interface EventLog {
  /**
   * Appends records; they are durable when the promise resolves. Records of one key keep the order given,
   * within a call and across calls of one process. A rejected call may still have appended (repeat it).
   * @throws RecordTooLargeError when a record is larger than MAX_RECORD_BYTES (a dead letter: twice that); nothing of
   * the call is appended then. A log that is set to take less rejects with it too, and may have appended the others.
   */
  append(records: readonly EventRecord[]): Promise<void>;
  /** Joins a group, which starts at the oldest record kept and afterwards resumes at its committed offsets. */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Reads a topic, in offset order per partition, to the end it had when the reading began. */
  read(topic: string, options?: ReadOptions): AsyncIterable<LogRecord>;
  /** Records of the topics that the group has not yet committed. */
  lag(group: string, topics: readonly string[]): Promise<bigint>;
  /** Whether the log answers now. Never rejects. */
  healthy(): Promise<boolean>;
  /** Stops every subscription, then lets go of the connections. */
  close(): Promise<void>;
}

export interface EventLogOptions {
  /**
   * Chooses the driver: `postgres://…` for the embedded log in that database, `kafka://host:port,host:port` for a
   * cluster.
   */
  readonly url: string;
  /** Names this process in the log, for example `order-1`. */
  readonly clientId: string;
  readonly logger: Logger;
}
