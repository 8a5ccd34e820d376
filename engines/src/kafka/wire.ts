import net from "node:net";
import tls from "node:tls";

/** One connection that speaks Kafka's protocol, one request at a time: https://kafka.apache.org/protocol */
export interface Wire {
  /** Sends a request and resolves with the body of its response. Rejects when the connection ends before. */
  request(request: WireRequest): Promise<Buffer>;
  close(): void;
}

export interface WireRequest {
  readonly api: number;
  readonly version: number;
  /** Whether this version has tagged fields, in its headers too. */
  readonly flexible?: boolean;
  readonly body: Buffer;
}

const TIMEOUT_MS = 3_000;

/** Connects to a listener of 127.0.0.1. The brokers are ours, so that a certificate is not verified. */
export async function openWire(port: number, { secure }: { readonly secure: boolean }): Promise<Wire> {
  const socket = secure
    ? tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false })
    : net.connect({ port, host: "127.0.0.1" });
  let received = Buffer.alloc(0);
  let arrived = () => {};
  let failed: Error | undefined;
  const fail = (error: Error) => {
    failed ??= error;
    arrived();
  };
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`127.0.0.1:${port} did not answer in time`)));
  socket.on("error", fail);
  socket.on("close", () => fail(new Error(`127.0.0.1:${port} closed the connection`)));
  socket.on("data", (data: Buffer) => {
    received = Buffer.concat([received, data]);
    arrived();
  });
  /** Waits until the condition holds, looking again at whatever happens to the connection. */
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      if (failed !== undefined) throw failed;
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    }
  };
  let connected = false;
  socket.once(secure ? "secureConnect" : "connect", () => {
    connected = true;
    arrived();
  });
  await until(() => connected);

  let correlation = 0;
  return {
    request: async ({ api, version, flexible = false, body }) => {
      correlation += 1;
      socket.write(frame(Buffer.concat([header(api, version, correlation, flexible), body])));
      await until(() => received.length >= 4 && received.length >= 4 + received.readInt32BE(0));
      const end = 4 + received.readInt32BE(0);
      const response = received.subarray(0, end);
      received = received.subarray(end);
      if (response.readInt32BE(4) !== correlation) throw new Error(`127.0.0.1:${port} answered another request`);
      return response.subarray(flexible ? 9 : 8);
    },
    close: () => socket.destroy(),
  };
}

function frame(message: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(message.length);
  return Buffer.concat([size, message]);
}

/** No client id; no tagged fields. */
function header(api: number, version: number, correlation: number, flexible: boolean): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeInt16BE(api, 0);
  fixed.writeInt16BE(version, 2);
  fixed.writeInt32BE(correlation, 4);
  fixed.writeInt16BE(-1, 8);
  return flexible ? Buffer.concat([fixed, Buffer.from([0])]) : fixed;
}
