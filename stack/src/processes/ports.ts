import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { UserError } from "../user-error.ts";

const HOST = "127.0.0.1";
const LOWEST = 15_000;
const USUAL_EPHEMERAL_START = 32_768;

/**
 * Free ports below the range that the system gives to outgoing connections. Above it, a client that retries towards a
 * service which is down for a moment can be given that very port, and the service cannot come back.
 */
export async function pickPorts(count: number): Promise<number[]> {
  const highest = (await ephemeralStart()) - 1;
  const held: Server[] = [];
  const ports: number[] = [];
  let candidate = LOWEST + Math.floor(Math.random() * (highest - LOWEST));
  try {
    for (let tried = 0; ports.length < count; tried += 1) {
      if (tried > highest - LOWEST) throw new UserError("NO_FREE_PORT", `no ${count} free ports on ${HOST}`);
      candidate = candidate >= highest ? LOWEST : candidate + 1;
      const server = await tryListen(candidate);
      if (server === undefined) continue;
      held.push(server);
      ports.push(candidate);
    }
    return ports;
  } finally {
    await Promise.all(held.map(close));
  }
}

/** Throws in plain words when the port cannot be listened on. */
export async function checkPort(port: number): Promise<void> {
  try {
    await close(await listen(port));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "EADDRINUSE") {
      throw new UserError("PORT_TAKEN", `port ${port} is taken by another program: choose another with --port`);
    }
    if (code === "EACCES") {
      throw new UserError(
        "PORT_FORBIDDEN",
        `port ${port} may not be used by this user: choose one above 1023 with --port`,
      );
    }
    throw cause;
  }
}

async function ephemeralStart(): Promise<number> {
  const text = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "");
  const start = Number.parseInt(text, 10);
  return start > LOWEST + 1_000 ? start : USUAL_EPHEMERAL_START;
}

async function tryListen(port: number): Promise<Server | undefined> {
  try {
    return await listen(port);
  } catch {
    return undefined; // Taken: the next one.
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host: HOST, exclusive: true }, () => resolve(server));
  });
}

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
