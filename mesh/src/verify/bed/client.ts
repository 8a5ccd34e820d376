// A gRPC client that sends empty messages to any path and tells how each call ended.

import type { ChannelOptions } from "@grpc/grpc-js";
import { type ChannelCredentials, Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { callIdHeader } from "./test-server.ts";

export interface CallResult {
  readonly id: string;
  readonly path: string;
  /** `OK`, `UNAVAILABLE`, … */
  readonly status: string;
  readonly details: string;
  readonly latencyMs: number;
}

export interface TestClient {
  /** Never rejects: a failure is a result. */
  call(path: string, options?: { readonly deadlineMs?: number }): Promise<CallResult>;
  close(): void;
}

/** Longer than any timeout that a policy should have: what ends there was ended by nobody else. */
export const patienceMs = 30_000;

let created = 0;

/**
 * @param options.authority what it asks for in `:authority`; the address itself where nothing is said
 * @param options.credentials plaintext where nothing is said
 */
export function createTestClient(
  address: string,
  options: {
    readonly authority?: string;
    readonly credentials?: ChannelCredentials;
    readonly channel?: ChannelOptions;
  } = {},
): TestClient {
  const prefix = `${++created}`;
  let calls = 0;
  const client = new Client(address, options.credentials ?? credentials.createInsecure(), {
    // Retries are the mesh's business here, and nobody else's.
    "grpc.enable_retries": 0,
    "grpc.service_config_disable_resolution": 1,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 100,
    ...(options.authority !== undefined && { "grpc.default_authority": options.authority }),
    ...options.channel,
  });
  return {
    call: (path, { deadlineMs } = {}) => {
      const id = `${prefix}-${++calls}`;
      const metadata = new Metadata();
      metadata.set(callIdHeader, id);
      const start = performance.now();
      return new Promise((resolve) => {
        let giveUp: NodeJS.Timeout | undefined;
        const under = client.makeUnaryRequest(
          path,
          same,
          same,
          nothing,
          metadata,
          // A deadline goes out as grpc-timeout, which proxies act upon: none is sent unless the caller asks for it.
          deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
          (error) => {
            clearTimeout(giveUp);
            resolve({
              id,
              path,
              status: error === null ? "OK" : (status[error.code] ?? String(error.code)),
              details: error?.details ?? "",
              latencyMs: performance.now() - start,
            });
          },
        );
        giveUp = setTimeout(() => under.cancel(), patienceMs);
      });
    },
    close: () => client.close(),
  };
}

const nothing = Buffer.alloc(0);
const same = (bytes: Buffer): Buffer => bytes;
