// What a server can do to one call below gRPC. grpc-js has no public way to any of it.
import { constants, type ServerHttp2Stream } from "node:http2";
import type { ServerUnaryCall } from "@grpc/grpc-js";

/**
 * Breaks the call off.
 * @throws TypeError when grpc-js keeps its stream elsewhere than this was written for
 */
export function resetStream(call: ServerUnaryCall<unknown, unknown>): void {
  streamOf(call).close(constants.NGHTTP2_INTERNAL_ERROR);
}

/**
 * Lets nothing be sent for the call any more, as a process that hangs sends nothing. Without it grpc-js itself answers
 * DEADLINE_EXCEEDED when the time is over that the client, or a proxy in its place, has given in `grpc-timeout`.
 * @throws TypeError as resetStream
 */
export function muteStream(call: ServerUnaryCall<unknown, unknown>): void {
  Object.assign(streamOf(call), { respond: () => undefined });
}

function streamOf(call: ServerUnaryCall<unknown, unknown>): ServerHttp2Stream {
  const inner: unknown = Reflect.get(call, "call");
  const stream: unknown = typeof inner === "object" && inner !== null ? Reflect.get(inner, "stream") : undefined;
  if (!isStream(stream)) throw new TypeError("grpc-js keeps the HTTP/2 stream of a call in another place now");
  return stream;
}

function isStream(value: unknown): value is ServerHttp2Stream {
  return typeof value === "object" && value !== null && "close" in value && "respond" in value;
}
