// What the headers of a request say, checked: who calls, under which id and key, and what goes on to the service.
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Caller, TokenVerifier } from "@ordermesh/runtime/auth";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import { UNSUPPORTED_MEDIA_TYPE } from "../errors.ts";
import type { Route } from "../routes.ts";

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const LONGEST_REQUEST_ID = 128;
const LONGEST_IDEMPOTENCY_KEY = 255;

/** The id that the client gave, when it is 1 to 128 visible ASCII characters, or a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers["x-request-id"];
  if (typeof given === "string" && given.length <= LONGEST_REQUEST_ID && VISIBLE_ASCII.test(given)) return given;
  return randomUUID();
}

/** The caller: at once when the token was seen before. Throws or rejects with UNAUTHENTICATED. */
export function authenticate(verifier: TokenVerifier, headers: IncomingHttpHeaders): Caller | Promise<Caller> {
  const { authorization } = headers;
  if (authorization === undefined || authorization.slice(0, 7).toLowerCase() !== "bearer ") {
    const given = authorization === undefined ? "nothing" : "another scheme";
    throw new DomainError(errors.UNAUTHENTICATED, `Authorization: given ${given}; allowed: Bearer and a token`);
  }
  const token = authorization.slice(7).trim();
  return verifier.cached(token) ?? verifier.verify(token);
}

/** Throws PERMISSION_DENIED when the caller lacks the scope of the route's method. */
export function authorize(route: Route, caller: Caller): void {
  if (caller.scopes.has(route.scope)) return;
  const message = `this call needs the scope ${route.scope}, which the token does not hold`;
  throw new DomainError(errors.PERMISSION_DENIED, message, { metadata: { scope: route.scope } });
}

function idempotencyKeyOf(route: Route, headers: IncomingHttpHeaders): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) {
    if (!route.needsIdempotencyKey) return undefined;
    const message =
      "Idempotency-Key: given nothing; allowed: 1 to 255 visible ASCII characters, new for every new call";
    throw new DomainError(errors.IDEMPOTENCY_KEY_REQUIRED, message);
  }
  if (typeof key === "string" && key.length <= LONGEST_IDEMPOTENCY_KEY && VISIBLE_ASCII.test(key)) return key;
  const given = key.length > LONGEST_IDEMPOTENCY_KEY ? `${key.length} characters` : "other characters or none";
  const message = `Idempotency-Key: given ${given}; allowed: 1 to 255 visible ASCII characters`;
  throw new DomainError(errors.IDEMPOTENCY_KEY_INVALID, message);
}

/** The metadata of the call to the service. Throws IDEMPOTENCY_KEY_REQUIRED and IDEMPOTENCY_KEY_INVALID. */
export function callMetadata(route: Route, headers: IncomingHttpHeaders, requestId: string): Record<string, string> {
  const metadata: Record<string, string> = {
    authorization: headers.authorization ?? "",
    "x-correlation-id": requestId,
  };
  const key = idempotencyKeyOf(route, headers);
  if (key !== undefined) metadata["idempotency-key"] = key;
  const { traceparent } = headers;
  if (typeof traceparent === "string" && TRACEPARENT.test(traceparent)) metadata["traceparent"] = traceparent;
  return metadata;
}

/** Throws UNSUPPORTED_MEDIA_TYPE unless the body is plain JSON in UTF-8. */
export function checkContentType(headers: IncomingHttpHeaders): void {
  const type = headers["content-type"];
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    const given = JSON.stringify(encoding.slice(0, 64));
    throw new DomainError(UNSUPPORTED_MEDIA_TYPE, `Content-Encoding: given ${given}; allowed: none`);
  }
  if (type === "application/json") return;
  const [mediaType = "", ...parameters] = (type ?? "")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charsetFits = parameters.every(
    (parameter) => !parameter.startsWith("charset=") || /^charset="?utf-?8"?$/.test(parameter),
  );
  if (mediaType === "application/json" && charsetFits) return;
  const given = type === undefined ? "nothing" : JSON.stringify(type.slice(0, 64));
  throw new DomainError(UNSUPPORTED_MEDIA_TYPE, `Content-Type: given ${given}; allowed: application/json in UTF-8`);
}

/** Whether the client asks for server-sent events rather than newline-delimited JSON. */
export function wantsEventStream(headers: IncomingHttpHeaders): boolean {
  return headers.accept?.toLowerCase().includes("text/event-stream") ?? false;
}
