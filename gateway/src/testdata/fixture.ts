// A gateway over real sockets with a made-up service behind it, for the int specs.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSigningKey, createTokenVerifier, issueToken } from "@ordermesh/runtime/auth";
import { formatHostPort } from "@ordermesh/runtime/config";
import { createLogger } from "@ordermesh/runtime/logging";
import { createGrpcTransport, type RpcService, startRpcServer } from "@ordermesh/runtime/rpc";
import type { ExchangeLimits } from "../http/exchange.ts";
import { type GatewayServer, startGatewayServer } from "../http/gateway-server.ts";
import type { CallLimit } from "../limits/call-limit.ts";
import { buildRoutes } from "../routes.ts";

const issuer = "https://issuer.test";
const audience = "ordermesh";
const anyPort = { host: "127.0.0.1", port: 0 };

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** A token of these scopes; null for none at all. */
  readonly scope?: string | null;
}

export interface Fixture {
  readonly server: GatewayServer;
  readonly logged: readonly string[];
  token(scope: string, subject?: string, expiresIn?: number): Promise<string>;
  /** Sends a request and reads all of the answer. */
  call(path: string, call?: Call): Promise<Answer>;
  /** Sends a request and gives the answer as it comes. */
  open(path: string, call?: Call): Promise<IncomingMessage>;
  stopUpstream(): Promise<void>;
  stop(): Promise<void>;
}

export const allScopes = "books.read books.write";
const defaults: ExchangeLimits = { maxBodyBytes: 64 * 1024, callTimeoutMs: 2_000, streamTimeoutMs: 5_000 };

export async function startFixture(
  service: RpcService,
  limits: Partial<ExchangeLimits> = {},
  callLimit?: CallLimit,
): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), "ordermesh-gateway-"));
  const jwksFile = join(directory, "jwks.json");
  const key = await createSigningKey();
  await writeFile(jwksFile, JSON.stringify(key.publicKeySet));
  const verifier = createTokenVerifier({ jwksFile, issuer, audience });
  const logged: string[] = [];
  const logger = createLogger({
    name: "test",
    instance: "test-1",
    destination: { write: (line) => void logged.push(line) },
  });
  const upstream = await startRpcServer({
    services: [service],
    grpc: anyPort,
    connect: anyPort,
    verifier,
    logger,
    ready: () => true,
  });
  const transport = createGrpcTransport({
    addresses: [formatHostPort(upstream.grpcAddress)],
    defaultTimeoutMs: defaults.callTimeoutMs,
  });
  const routes = buildRoutes([{ service: service.service, transport }]);
  const server = await startGatewayServer({
    listen: anyPort,
    routes,
    verifier,
    logger,
    limits: { ...defaults, ...limits },
    callLimit,
  });
  const agent = new Agent({ keepAlive: true });
  const token = (scope: string, subject = "ada", expiresIn = 60): Promise<string> =>
    issueToken(key.privateJwk, { sub: subject, scope, iss: issuer, aud: audience }, expiresIn);

  const open = async (path: string, call: Call = {}): Promise<IncomingMessage> => {
    const { scope = allScopes, body, method = body === undefined ? "GET" : "POST" } = call;
    const headers: Record<string, string> = {
      ...(scope === null ? {} : { authorization: `Bearer ${await token(scope)}` }),
      ...(body === undefined
        ? {}
        : { "content-type": "application/json", "content-length": `${Buffer.byteLength(body)}` }),
      ...call.headers,
    };
    return new Promise((resolve, reject) => {
      const sent = request({ ...anyPort, port: server.address.port, path, method, headers, agent }, resolve);
      sent.once("error", reject);
      sent.end(body);
    });
  };

  return {
    server,
    logged,
    token,
    open,
    call: async (path, call) => {
      const answer = await open(path, call);
      return { status: answer.statusCode ?? 0, headers: answer.headers, text: await textOf(answer) };
    },
    stopUpstream: () => upstream.stop(0),
    stop: async () => {
      agent.destroy();
      await server.stop(0);
      transport.close();
      await upstream.stop(0);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  for await (const chunk of answer) text += String(chunk);
  return text;
}
