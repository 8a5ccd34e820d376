// A gRPC server that knows the methods of a service by their paths alone, counts what reaches it, and misbehaves on
// request. It is a real grpc-js server, so what proxies see of its errors is what they see of any of them.
import { once } from "node:events";
import { createServer, type Server as Listener, type Socket } from "node:net";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import type { Service } from "../../model/catalog.ts";
import type { Behaviour } from "./behaviour.ts";
import { muteStream, resetStream } from "./below-grpc.ts";
import { createWorkers } from "./workers.ts";

/** By which the driver marks its calls, so that tries of one call can be told from other calls. */
export const callIdHeader = "x-verify-call";

export interface TestServer {
  readonly port: number;
  /** Tries that reached it since the counts were last cleared; of one method when a path is given. */
  tries(path?: string): number;
  /** Tries of one call. */
  triesOf(callId: string): number;
  clearCounts(): void;
  /** Holds for calls that arrive from now on. */
  behave(behaviour: Behaviour): void;
  /** Closes the listener and cuts all connections: whoever calls finds nobody. */
  refuseConnections(): Promise<void>;
  acceptConnections(): Promise<void>;
  stop(): Promise<void>;
}

type Call = ServerUnaryCall<Buffer, Buffer>;

/** @param services whose methods it answers, streaming ones too: one message in, one message out is valid for each */
export async function startTestServer(services: readonly Service[], port: number): Promise<TestServer> {
  const triesByPath = new Map<string, number>();
  const triesById = new Map<string, number>();
  const workers = createWorkers();
  let behaviour: Behaviour = {};

  const handle = (path: string) => (call: Call, answer: sendUnaryData<Buffer>) => {
    countUp(triesByPath, path);
    const [id] = call.metadata.get(callIdHeader);
    if (id !== undefined) countUp(triesById, String(id));
    const now = behaviour;
    if (now.hangs === true) muteStream(call);
    else workers.run(call, now, () => reply(call, now, answer));
  };

  const server = new Server();
  for (const service of services) {
    const handlers = service.methods.map(({ name, path }) => [name, handle(path)]);
    server.addService(definitionOf(service), Object.fromEntries(handlers));
  }
  const door = await openDoor(server, port);
  return {
    port,
    tries: (path) => (path === undefined ? sum(triesByPath.values()) : (triesByPath.get(path) ?? 0)),
    triesOf: (id) => triesById.get(id) ?? 0,
    clearCounts: () => {
      triesByPath.clear();
      triesById.clear();
    },
    behave: (next) => {
      behaviour = next;
    },
    refuseConnections: door.close,
    acceptConnections: door.open,
    stop: async () => {
      workers.stop();
      await door.close();
      server.forceShutdown();
    },
  };
}

function reply(call: Call, { fails, resets }: Behaviour, answer: sendUnaryData<Buffer>): void {
  if (call.cancelled) return;
  if (resets?.when() === true) resetStream(call);
  else if (fails?.when() === true) {
    if (fails.afterHeaders === true) call.sendMetadata(new Metadata());
    answer({ code: fails.status, details: `the test server was told to fail with ${status[fails.status]}` });
  } else answer(null, Buffer.alloc(0));
}

const same = (bytes: Buffer): Buffer => bytes;

function definitionOf(service: Service): ServiceDefinition {
  const methods = service.methods.map(({ name, path }) => [
    name,
    {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  ]);
  return Object.fromEntries(methods) as ServiceDefinition;
}

interface Door {
  open(): Promise<void>;
  close(): Promise<void>;
}

/** The listener is ours, not the server's, so that it can be closed and opened while the server lives. */
async function openDoor(server: Server, port: number): Promise<Door> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  let listener: Listener | undefined;
  const open = async (): Promise<void> => {
    if (listener !== undefined) return;
    listener = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      injector.injectConnection(socket);
    });
    listener.listen(port, "127.0.0.1");
    await once(listener, "listening");
  };
  const close = async (): Promise<void> => {
    const closing = listener;
    if (closing === undefined) return;
    listener = undefined;
    const closed = once(closing, "close");
    closing.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await open();
  return { open, close };
}

function countUp(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, each) => total + each, 0);
