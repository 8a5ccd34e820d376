import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostPort } from "../config/index.ts";

/** Result of the readiness checks by name, for example { database: true, eventLog: false }. */
export type Readiness = Record<string, boolean>;

export interface HealthServerOptions {
  listen: HostPort;
  /** False when only a restart can help. */
  live(): boolean;
  /** All true when the process can take work; one false answers 503. A rejected promise counts as not ready. */
  ready(): Promise<Readiness> | Readiness;
  /** What /metrics answers; without, there is no such path. */
  metrics?: { readonly contentType: string; text(): Promise<string> };
}

export interface HealthServer {
  /** Where it listens, with the port that was really taken. */
  readonly address: HostPort;
  stop(): Promise<void>;
}

/** Serves /livez and /readyz as JSON, 200 or 503, for probes, and /metrics for scrapes. Rejects when the address cannot be listened on. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    void answer(options, request, response);
  });
  await listen(server, options.listen);
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: options.listen.host, port },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(options: HealthServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split("?", 1)[0];
  if (path === "/livez") return send(response, options.live(), { live: options.live() });
  if (path === "/metrics" && options.metrics) {
    const text = await options.metrics.text();
    response.writeHead(200, { "content-type": options.metrics.contentType, "cache-control": "no-store" });
    return void response.end(text);
  }
  if (path !== "/readyz") return send(response, undefined, { error: "not found" });
  const checks = await readinessOf(options);
  send(
    response,
    Object.values(checks).every((good) => good),
    checks,
  );
}

async function readinessOf(options: HealthServerOptions): Promise<Readiness> {
  try {
    return { live: options.live(), ...(await options.ready()) };
  } catch {
    // What is broken is logged by whoever owns it; a probe only needs to know that the process is not ready.
    return { live: options.live(), ready: false };
  }
}

function send(response: ServerResponse, good: boolean | undefined, body: object): void {
  const status = good === undefined ? 404 : good ? 200 : 503;
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

function listen(server: Server, address: HostPort): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}
