// What a gRPC answer looks like on the wire, which gRPC's own clients hide.
import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";

export interface RawResponse {
  /** Whether the status came in the first and only block of headers. */
  readonly trailersOnly: boolean;
  /** `14`; undefined when there was none. */
  readonly grpcStatus: string | undefined;
}

const timeoutMs = 5_000;
/** A message of no bytes: not compressed, and its length. */
const emptyMessage = Buffer.alloc(5);

/**
 * Calls a method with an empty message, over HTTP/2 without TLS.
 * @param address host:port
 * @throws Error when nobody answers within 5 s
 */
export async function rawCall(address: string, path: string, authority: string = address): Promise<RawResponse> {
  const session = connect(`http://${address}`);
  try {
    return await request(session, path, authority);
  } finally {
    session.destroy();
  }
}

async function request(session: ClientHttp2Session, path: string, authority: string): Promise<RawResponse> {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    ":authority": authority,
    "content-type": "application/grpc",
    te: "trailers",
  });
  session.on("error", (error) => stream.destroy(error));
  stream.setTimeout(timeoutMs, () => stream.destroy(new Error(`no answer from ${authority} within ${timeoutMs} ms`)));
  stream.end(emptyMessage);
  let trailers: IncomingHttpHeaders | undefined;
  stream.on("trailers", (received: IncomingHttpHeaders) => {
    trailers = received;
  });
  const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
  stream.resume();
  if (!stream.readableEnded) await once(stream, "end");
  const status = headers["grpc-status"] ?? trailers?.["grpc-status"];
  return {
    trailersOnly: headers["grpc-status"] !== undefined && trailers === undefined,
    grpcStatus: typeof status === "string" ? status : undefined,
  };
}
