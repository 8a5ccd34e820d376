// One request and its answer, from the path to the service and back.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { DescMessage, DescMethodServerStreaming, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import type { TokenVerifier } from "@ordermesh/runtime/auth";
import { DomainError } from "@ordermesh/runtime/errors";
import type { Logger } from "@ordermesh/runtime/logging";
import { validateMessage } from "@ordermesh/runtime/rpc";
import { BODY_NOT_ALLOWED, METHOD_NOT_ALLOWED, REQUEST_MALFORMED, ROUTE_NOT_FOUND } from "../errors.ts";
import type { CallLimit } from "../limits/call-limit.ts";
import { problemOf } from "../problems/problem.ts";
import type { Route } from "../routes.ts";
import type { RouteMatch, RouteTree } from "../transcoding/route-tree.ts";
import { sendEmpty, sendJson, sendProblem } from "./answers.ts";
import type { OutageLog } from "./outage-log.ts";
import { ClientGone, hasBody, readBody } from "./request-body.ts";
import {
  authenticate,
  authorize,
  callMetadata,
  checkContentType,
  requestIdOf,
  wantsEventStream,
} from "./request-headers.ts";
import { newlineDelimitedJson, StreamAnswer, serverSentEvents } from "./stream-answer.ts";
import { type OpenStreams, relayStream } from "./stream-relay.ts";

export interface ExchangeLimits {
  readonly maxBodyBytes: number;
  /** Deadline of a unary call to a service. */
  readonly callTimeoutMs: number;
  /** Longest life of a stream. */
  readonly streamTimeoutMs: number;
}

export interface ExchangeOptions {
  readonly routes: RouteTree<Route>;
  readonly verifier: TokenVerifier;
  readonly logger: Logger;
  readonly limits: ExchangeLimits;
  /** How often one caller may call; without, as often as it likes. */
  readonly callLimit?: CallLimit | undefined;
  readonly streams: OpenStreams;
  readonly outages: OutageLog;
}

type Request = MessageShape<DescMessage>;

/** The path and the query of a request target; an absolute one loses its scheme and host. */
function splitTarget(target: string): { path: string; query: string } {
  let start = 0;
  if (target.charCodeAt(0) !== 0x2f) {
    const scheme = target.indexOf("://");
    start = scheme < 0 ? -1 : target.indexOf("/", scheme + 3);
    if (start < 0) return { path: scheme < 0 ? target : "/", query: "" };
  }
  const question = target.indexOf("?", start);
  if (question < 0) return { path: start === 0 ? target : target.slice(start), query: "" };
  return { path: target.slice(start, question), query: target.slice(question + 1) };
}

function matchRoute(routes: RouteTree<Route>, httpMethod: string, path: string): RouteMatch<Route> {
  try {
    return routes.match(httpMethod, path);
  } catch (cause) {
    const message = "the path is not well percent-encoded; allowed: percent-encoded UTF-8";
    throw new DomainError(REQUEST_MALFORMED, message, { cause });
  }
}

export class Exchange {
  private readonly options: ExchangeOptions;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly requestId: string;
  private route: Route | undefined;

  constructor(options: ExchangeOptions, request: IncomingMessage, response: ServerResponse) {
    this.options = options;
    this.request = request;
    this.response = response;
    this.requestId = requestIdOf(request.headers);
  }

  /** Answers, always; never rejects. */
  async run(): Promise<void> {
    try {
      await this.answer();
    } catch (error) {
      try {
        this.fail(error);
      } catch (failure) {
        this.options.logger.error({ err: failure, requestId: this.requestId }, "a problem could not be told");
        this.response.destroy();
      }
    }
  }

  private async answer(): Promise<void> {
    const httpMethod = this.request.method ?? "";
    const { path, query } = splitTarget(this.request.url ?? "");
    const match = matchRoute(this.options.routes, httpMethod, path);
    if (match.kind !== "found") return this.withoutRoute(match, httpMethod, path);

    const { route } = match;
    const { headers } = this.request;
    this.route = route;
    const verified = authenticate(this.options.verifier, headers);
    const caller = "then" in verified ? await verified : verified;
    await this.options.callLimit?.take(caller.subject);
    authorize(route, caller);
    const metadata = callMetadata(route, headers, this.requestId);
    const message = route.binder.bind(match.segments, query, await this.body(route));
    validateMessage(route.method.input, message);
    const { method } = route;
    if (method.methodKind === "unary") await this.unary(route, method as DescMethodUnary, message, metadata);
    else await this.stream(route, method as DescMethodServerStreaming, message, metadata);
  }

  private withoutRoute(match: Exclude<RouteMatch<Route>, { kind: "found" }>, httpMethod: string, path: string): void {
    if (httpMethod === "OPTIONS" && (match.kind === "method-not-allowed" || path === "*")) {
      const allow = match.kind === "method-not-allowed" ? ["allow", match.allowed.join(", ")] : [];
      sendEmpty(this.response, 204, this.requestId, allow);
      return;
    }
    if (match.kind === "not-found") {
      throw new DomainError(ROUTE_NOT_FOUND, `there is nothing at ${path.slice(0, 200)}`);
    }
    const allow = match.allowed.join(", ");
    const error = new DomainError(METHOD_NOT_ALLOWED, `given ${httpMethod}; allowed: ${allow}`);
    sendProblem(this.response, problemOf(error, this.requestId), ["allow", allow]);
  }

  private async body(route: Route): Promise<Uint8Array | undefined> {
    if (!hasBody(this.request)) return undefined;
    if (!route.takesBody)
      throw new DomainError(BODY_NOT_ALLOWED, "given a body; allowed: none with this method and path");
    checkContentType(this.request.headers);
    return readBody(this.request, this.options.limits.maxBodyBytes);
  }

  private async unary(route: Route, method: DescMethodUnary, message: Request, metadata: Metadata): Promise<void> {
    const { callTimeoutMs } = this.options.limits;
    const answer = await route.transport.unary(method, undefined, callTimeoutMs, metadata, message);
    const more: string[] = [];
    const location = route.location?.(answer.message);
    if (location !== undefined) more.push("location", location);
    if (route.needsIdempotencyKey && answer.header.get("idempotency-replayed") === "true") {
      more.push("idempotency-replayed", "true");
    }
    sendJson(this.response, route.successStatus, route.write(answer.message), this.requestId, more);
  }

  private async stream(
    route: Route,
    method: DescMethodServerStreaming,
    message: Request,
    metadata: Metadata,
  ): Promise<void> {
    const format = wantsEventStream(this.request.headers) ? serverSentEvents : newlineDelimitedJson;
    const answer = new StreamAnswer(this.response, format, this.requestId);
    if (this.request.method === "HEAD") {
      answer.open(route.successStatus);
      answer.close();
      return;
    }
    const { streams, limits } = this.options;
    const call = { method, message, metadata, timeoutMs: limits.streamTimeoutMs };
    await relayStream(route, call, answer, this.response, streams);
  }

  private fail(error: unknown): void {
    if (error instanceof ClientGone || this.response.destroyed) return;
    const answer = problemOf(error, this.requestId, this.route?.method);
    if (answer.fault) {
      const { requestId } = this;
      this.options.logger.error({ err: error, requestId, method: this.route?.method.toString() }, "request failed");
    } else if (answer.problem.status > 500) {
      this.options.outages.note(this.route?.method.toString() ?? "", answer.problem.code, this.requestId);
    }
    if (!this.response.headersSent) sendProblem(this.response, answer);
    else if (!this.response.writableEnded) {
      const format = wantsEventStream(this.request.headers) ? serverSentEvents : newlineDelimitedJson;
      new StreamAnswer(this.response, format, this.requestId).close(answer.problem);
    }
  }
}

type Metadata = Readonly<Record<string, string>>;
