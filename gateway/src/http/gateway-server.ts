// The HTTP server of the gateway: limits of connections and headers, answers to what is not even HTTP, and the end.

import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { HostPort } from "@ordermesh/runtime/config";
import { DomainError } from "@ordermesh/runtime/errors";
import { HEADERS_TOO_LARGE, REQUEST_MALFORMED, REQUEST_TIMEOUT } from "../errors.ts";
import { problemOf } from "../problems/problem.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import { OutageLog } from "./outage-log.ts";
import { OpenStreams } from "./stream-relay.ts";

export interface GatewayServerOptions extends Omit<ExchangeOptions, "streams" | "outages"> {
  readonly listen: HostPort;
}

export interface GatewayServer {
  readonly address: HostPort;
  /**
   * Takes no new connections, ends streams, lets requests under way finish within `graceMs`, then cuts what is left.
   * Resolves when every connection is closed.
   */
  stop(graceMs: number): Promise<void>;
}

const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;

function listen(server: Server, { host, port }: HostPort): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off("error", reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

function clientFault(error: NodeJS.ErrnoException): DomainError | undefined {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return new DomainError(
        HEADERS_TOO_LARGE,
        `the headers are larger than allowed; allowed: ${MAX_HEADER_BYTES} bytes`,
      );
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new DomainError(REQUEST_TIMEOUT, "the request did not arrive in time");
    case "ECONNRESET":
    case "EPIPE":
      return undefined;
    default:
      return new DomainError(REQUEST_MALFORMED, "the request is not HTTP/1.1");
  }
}

/** Answers a request that node:http could not read, on the bare socket. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  const fault = clientFault(error);
  if (fault === undefined || !socket.writable) {
    socket.destroy();
    return;
  }
  const { problem } = problemOf(fault, randomUUID());
  const json = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    "content-type: application/problem+json",
    `content-length: ${Buffer.byteLength(json)}`,
    `x-request-id: ${problem.requestId}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${json}`);
}

/** Starts to serve. Rejects when the address cannot be listened on. */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  const streams = new OpenStreams();
  const exchangeOptions: ExchangeOptions = { ...options, streams, outages: new OutageLog(options.logger) };
  let stopping = false;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    (request, response) => {
      if (stopping) response.shouldKeepAlive = false;
      void new Exchange(exchangeOptions, request, response).run();
    },
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => answerUnreadable(error, socket as Socket));
  const { port } = await listen(server, options.listen);

  const stop = async (graceMs: number): Promise<void> => {
    stopping = true;
    streams.stop();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    // Connections that were busy at the first call turn idle one by one, and would stay open until their timeout.
    const idle = setInterval(() => server.closeIdleConnections(), 20);
    await closed;
    clearTimeout(cut);
    clearInterval(idle);
  };
  let stopped: Promise<void> | undefined;
  return {
    address: { host: options.listen.host, port },
    stop: (graceMs) => {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}
