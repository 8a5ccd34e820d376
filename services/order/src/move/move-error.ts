/** A condition that the operator can mend: shown as one message, without a stack trace. */
export class MoveError extends Error {
  override readonly name = "MoveError";
  /** Stable name, for programs. */
  readonly code: MoveErrorCode;

  constructor(code: MoveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type MoveErrorCode =
  /** A list of buckets or another option is not valid. */
  | "OPTION_INVALID"
  | "SHARD_UNKNOWN"
  | "SHARD_UNREACHABLE"
  /** The database lacks tables of this version, or its name. */
  | "SHARD_NOT_SET_UP"
  /** The database is another shard's. */
  | "SHARD_MIXED_UP"
  | "BUCKET_WITHOUT_OWNER"
  | "BUCKET_WITH_TWO_OWNERS"
  /** The bucket rows are not as this move left them. */
  | "BUCKETS_CHANGED"
  /** The two shards have different columns. */
  | "SCHEMA_DIFFERS"
  /** Another mover works on the shard now. */
  | "MOVE_BUSY"
  /** A move was begun and not finished. */
  | "MOVE_UNFINISHED"
  | "MOVE_NOT_FOUND"
  /** The buckets belong to the target already. */
  | "MOVE_PAST_SWITCH"
  /** A key belongs to a method that the mover does not know. */
  | "KEY_METHOD_UNKNOWN"
  /** A table could not be locked for a moment. */
  | "TABLE_BUSY"
  /** What stands at the target is not what stands at the source. */
  | "COPY_DIFFERS"
  /** No fence held long enough. */
  | "FENCE_GIVEN_UP"
  /** The target does not answer. */
  | "SHARD_HUNG"
  /** The operator asked to stop. */
  | "STOPPED";
