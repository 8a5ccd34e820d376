// gRPC's status codes; the place in the list is the number:
// https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
export const grpcStatuses = [
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
export type GrpcStatus = (typeof grpcStatuses)[number];

/** All but OK. */
export const grpcErrors = grpcStatuses.slice(1) as readonly Exclude<GrpcStatus, "OK">[];

/** The number that goes over the wire. */
export const codeOf = (status: GrpcStatus): number => grpcStatuses.indexOf(status);

/** @returns `UNAVAILABLE` for 14; `status 99` for a number that gRPC does not have */
export const grpcStatusName = (code: number): string => grpcStatuses[code] ?? `status ${code}`;
