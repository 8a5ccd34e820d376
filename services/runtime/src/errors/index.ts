export { errorCodeOf, errorInfoOf, statusName, toConnectError } from "./connect-error.ts";
export { DomainError, type DomainErrorDetails, type FieldViolation, PoisonError } from "./domain-error.ts";
export { definedErrors, defineError, type ErrorSpec, errors } from "./error-spec.ts";
