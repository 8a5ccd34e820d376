// Stable codes of what goes wrong at the edge itself. Those shared with the services are in the runtime.
import { Code } from "@connectrpc/connect";
import { defineError } from "@ordermesh/runtime/errors";

/** No route has this path. */
export const ROUTE_NOT_FOUND = defineError("ROUTE_NOT_FOUND", Code.NotFound);
/** Routes have this path, none with this HTTP method. */
export const METHOD_NOT_ALLOWED = defineError("METHOD_NOT_ALLOWED", Code.Unimplemented, { httpStatus: 405 });
/** The request line, path, query or a header cannot be read. */
export const REQUEST_MALFORMED = defineError("REQUEST_MALFORMED", Code.InvalidArgument);
/** The caller makes more calls than are allowed. */
export const RATE_LIMITED = defineError("RATE_LIMITED", Code.ResourceExhausted);
/** The headers are larger than the limit. */
export const HEADERS_TOO_LARGE = defineError("HEADERS_TOO_LARGE", Code.InvalidArgument, { httpStatus: 431 });
/** The request did not arrive in time. */
export const REQUEST_TIMEOUT = defineError("REQUEST_TIMEOUT", Code.Canceled, { httpStatus: 408 });
/** There is a body and its type is not application/json in UTF-8. */
export const UNSUPPORTED_MEDIA_TYPE = defineError("UNSUPPORTED_MEDIA_TYPE", Code.InvalidArgument, { httpStatus: 415 });
/** The body is larger than the limit. */
export const BODY_TOO_LARGE = defineError("BODY_TOO_LARGE", Code.InvalidArgument, { httpStatus: 413 });
/** The body is not UTF-8. */
export const BODY_NOT_UTF8 = defineError("BODY_NOT_UTF8", Code.InvalidArgument);
/** The body is not JSON. */
export const BODY_MALFORMED = defineError("BODY_MALFORMED", Code.InvalidArgument);
/** The JSON is nested too deeply. */
export const BODY_TOO_DEEP = defineError("BODY_TOO_DEEP", Code.InvalidArgument);
/** There is a body where none is taken. */
export const BODY_NOT_ALLOWED = defineError("BODY_NOT_ALLOWED", Code.InvalidArgument);
