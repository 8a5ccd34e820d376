/** What keeps a rebuild from being done, for the person who asked for it. Nothing was changed in the live store. */
export class RebuildError extends Error {
  override readonly name = "RebuildError";
  /** Stable name, for programs. */
  readonly code: RebuildErrorCode;

  constructor(code: RebuildErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

export type RebuildErrorCode =
  | "REBUILD_USAGE"
  | "REBUILD_RUNNING"
  | "REBUILD_WOULD_LOSE"
  | "CONSUMER_BEHIND"
  | "STORE_MISSING"
  | "STORE_CHANGED"
  | "STORE_BUSY"
  | "STORE_AWAY"
  | "LOG_AWAY";
