import { connect } from "node:net";

const CANCEL_REQUEST_CODE = 80_877_102;
const CANCEL_TIMEOUT_MS = 2_000;

/** What the cancel request needs; pg keeps it on the client without declaring it in its types. */
export interface Backend {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}

/**
 * Asks the server to cancel what a backend is doing, by the cancel request of PostgreSQL's wire protocol. It needs no
 * login and no pooled connection, so it works when the pool is exhausted. Best effort: resolves either way.
 */
export function requestCancel(backend: Backend): Promise<void> {
  const packet = Buffer.alloc(16);
  packet.writeInt32BE(16, 0);
  packet.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  packet.writeInt32BE(backend.processID, 8);
  packet.writeInt32BE(backend.secretKey, 12);
  return new Promise((resolve) => {
    const socket = backend.host.startsWith("/")
      ? connect(`${backend.host}/.s.PGSQL.${backend.port}`)
      : connect(backend.port, backend.host);
    socket.setTimeout(CANCEL_TIMEOUT_MS, () => socket.destroy());
    socket.on("connect", () => socket.end(packet));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve());
  });
}
