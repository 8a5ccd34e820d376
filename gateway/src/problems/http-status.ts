// The HTTP status of an error: its own when it has one, else what its gRPC status stands for.
import { Code } from "@connectrpc/connect";

const statusOfCode: Readonly<Record<Code, number>> = {
  [Code.InvalidArgument]: 400,
  [Code.OutOfRange]: 400,
  [Code.Unauthenticated]: 401,
  [Code.PermissionDenied]: 403,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.Aborted]: 409,
  [Code.FailedPrecondition]: 409,
  [Code.ResourceExhausted]: 429,
  [Code.Canceled]: 499,
  [Code.Unimplemented]: 501,
  [Code.Unavailable]: 503,
  [Code.DeadlineExceeded]: 504,
  [Code.Internal]: 500,
  [Code.Unknown]: 500,
  [Code.DataLoss]: 500,
};

/** The HTTP status of an error spec, or of an error from a service. */
export function httpStatusOf(error: { readonly status: Code; readonly httpStatus?: number | undefined }): number {
  return error.httpStatus ?? statusOfCode[error.status];
}
