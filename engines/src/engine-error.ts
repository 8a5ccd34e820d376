type KafkaErrorCode =
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

type EnvoyErrorCode =
  | "PYTHON_MISSING"
  | "PIP_MISSING"
  | "ENVOY_DOWNLOAD_FAILED"
  | "ENVOY_CONFIG_INVALID"
  | "ENVOY_START_FAILED"
  | "ENVOY_ADMIN_FAILED"
  | "SPIFFE_ID_INVALID"
  | "AUTHORITY_UNREADABLE"
  | "AUTHORITY_CHANGED";

type IstioErrorCode =
  | "GO_MISSING"
  | "GO_TOO_OLD"
  | "ISTIO_BUILD_FAILED"
  | "KUBE_BUILD_FAILED"
  | "CONTROL_PLANE_START_FAILED";

type RedisErrorCode = "REDIS_NOT_FOUND" | "REDIS_TOO_OLD" | "REDIS_PORT_TAKEN" | "REDIS_START_FAILED";

export type EngineErrorCode = KafkaErrorCode | EnvoyErrorCode | IstioErrorCode | RedisErrorCode;

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
