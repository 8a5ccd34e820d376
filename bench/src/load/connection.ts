// One keep-alive HTTP connection that has at most one request under way.
import { Client, type Dispatcher } from "undici";

/** How a request ended: an HTTP status with its problem code, or the code of a connection error as status 0. */
export interface Answer {
  readonly status: number;
  /** Empty when the status is 201. */
  readonly errorCode: string;
  /** The body; only kept when the connection was told to, or when the status is not 201. */
  readonly body: string;
}

/** A request to place an order. */
export interface OrderRequest {
  /** The whole header. */
  readonly authorization: string;
  readonly idempotencyKey: string;
  readonly body: string;
}

export interface Connection {
  /** Sends one request; the connection must be idle. `answered` is called exactly once. */
  send(request: OrderRequest, answered: (answer: Answer) => void): void;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  readonly origin: string;
  /** Keep the bodies of accepted orders too. */
  readonly keepBodies: boolean;
  readonly timeoutMs: number;
}

export function openConnection({ origin, keepBodies, timeoutMs }: ConnectionOptions): Connection {
  const client = new Client(origin, {
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    keepAliveTimeout: 60_000,
  });
  let status = 0;
  let chunks: Buffer[] = [];
  let answered: (answer: Answer) => void = () => undefined;

  const finish = (answer: Answer): void => {
    const callback = answered;
    answered = () => undefined;
    callback(answer);
  };
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => {
      status = 0;
      if (chunks.length > 0) chunks = [];
    },
    onResponseStart: (_controller, statusCode) => {
      status = statusCode;
    },
    onResponseData: (_controller, chunk) => {
      if (keepBodies || status !== 201) chunks.push(chunk);
    },
    onResponseEnd: () => {
      const body = chunks.length === 0 ? "" : Buffer.concat(chunks).toString("utf8");
      finish({ status, errorCode: status === 201 ? "" : problemCode(status, body), body });
    },
    onResponseError: (_controller, error) => finish({ status: 0, errorCode: connectionErrorCode(error), body: "" }),
  };

  return {
    send: ({ authorization, idempotencyKey, body }, callback) => {
      answered = callback;
      const headers = [
        "authorization",
        authorization,
        "content-type",
        "application/json",
        "idempotency-key",
        idempotencyKey,
      ];
      client.dispatch({ path: "/v1/orders", method: "POST", headers, body }, handler);
    },
    close: () => client.destroy(),
  };
}

function problemCode(status: number, body: string): string {
  try {
    const problem: unknown = JSON.parse(body);
    if (typeof problem === "object" && problem !== null && "code" in problem && typeof problem.code === "string") {
      return problem.code;
    }
  } catch {
    // Not JSON: the status alone says what is known.
  }
  return `HTTP_${status}`;
}

const connectionErrorCode = (error: Error): string =>
  "code" in error && typeof error.code === "string" ? error.code : error.name;
