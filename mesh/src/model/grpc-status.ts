// The status codes of gRPC: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md

const names = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** Number by name. */
export const grpcStatusCodes: ReadonlyMap<string, number> = new Map(names.map((name, code) => [name, code]));

/** @returns `UNAVAILABLE` for 14; `status 99` for a number that gRPC does not have */
export const grpcStatusName = (code: number): string => names[code] ?? `status ${code}`;
