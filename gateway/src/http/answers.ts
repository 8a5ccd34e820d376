// Writes answers. Header lists are flat arrays, which node:http writes out as they are.
import type { ServerResponse } from "node:http";
import type { Problem, ProblemAnswer } from "../problems/problem.ts";

/** A JSON answer, complete. `more` is a flat list of further headers. */
export function sendJson(
  response: ServerResponse,
  status: number,
  json: string,
  requestId: string,
  more: readonly string[] = [],
): void {
  const length = Buffer.byteLength(json);
  response.writeHead(status, [
    "content-type",
    "application/json",
    "content-length",
    `${length}`,
    "x-request-id",
    requestId,
    "cache-control",
    "no-store",
    ...more,
  ]);
  response.end(json);
}

/** Headers that a problem brings along. */
function problemHeaders({ problem, retryAfter }: ProblemAnswer): string[] {
  const headers: string[] = [];
  if (retryAfter !== undefined) headers.push("retry-after", `${retryAfter}`);
  if (problem.status === 401) headers.push("www-authenticate", challenge(problem));
  if (problem.status === 403 && problem.metadata?.["scope"] !== undefined) {
    headers.push("www-authenticate", `Bearer error="insufficient_scope", scope="${problem.metadata["scope"]}"`);
  }
  return headers;
}

/** RFC 6750: a request without any token gets the bare challenge, a bad token is told so. */
function challenge(problem: Problem): string {
  return problem.detail.startsWith("Authorization:") ? "Bearer" : 'Bearer error="invalid_token"';
}

export function sendProblem(response: ServerResponse, answer: ProblemAnswer, more: readonly string[] = []): void {
  const { problem } = answer;
  const json = JSON.stringify(problem);
  response.writeHead(problem.status, [
    "content-type",
    "application/problem+json",
    "content-length",
    `${Buffer.byteLength(json)}`,
    "x-request-id",
    problem.requestId,
    "cache-control",
    "no-store",
    ...problemHeaders(answer),
    ...more,
  ]);
  response.end(json);
}

/** An answer without a body. */
export function sendEmpty(response: ServerResponse, status: number, requestId: string, more: readonly string[]): void {
  response.writeHead(status, ["x-request-id", requestId, ...more]);
  response.end();
}
