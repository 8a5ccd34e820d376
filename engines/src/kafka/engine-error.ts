export type EngineErrorCode =
  | "JAVA_MISSING"
  | "JAVA_TOO_OLD"
  | "MAVEN_MISSING"
  | "KAFKA_DOWNLOAD_FAILED"
  | "KAFKA_PLAN_INVALID"
  | "KAFKA_BROKERS_CHANGED"
  | "KAFKA_STATE_UNREADABLE"
  | "KAFKA_FORMAT_FAILED"
  | "KAFKA_PORT_TAKEN"
  | "KAFKA_START_FAILED"
  | "KAFKA_USERS_FAILED";

/**
 * A condition on the machine that the person can mend. The message says what was looked for, what was found and what
 * to do; the code is stable.
 */
export class EngineError extends Error {
  readonly code: EngineErrorCode;
  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineError";
    this.code = code;
  }
}
