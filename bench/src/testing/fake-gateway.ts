// An HTTP server in place of the gateway, whose answers a spec decides.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface PlacedCall {
  readonly key: string;
  readonly body: { readonly clientReference: string; readonly lines: readonly { readonly sku: string }[] };
}

export interface FakeGateway {
  readonly origin: string;
  readonly calls: readonly PlacedCall[];
  close(): Promise<void>;
}

/** `answer` gets the number of the call, from 1, and its key. */
export async function startFakeGateway(
  answer: (call: number, key: string, response: ServerResponse) => void,
): Promise<FakeGateway> {
  const calls: PlacedCall[] = [];
  const server = createServer((request, response) => {
    readBody(request).then(
      (text) => {
        const key = String(request.headers["idempotency-key"]);
        calls.push({ key, body: JSON.parse(text) });
        answer(calls.length, key, response);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    calls,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

export function created(response: ServerResponse, id: string): void {
  response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ id }));
}

export function problem(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify({ code }));
}
