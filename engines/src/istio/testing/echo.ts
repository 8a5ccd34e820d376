import {
  type Client,
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  status,
} from "@grpc/grpc-js";

const METHODS = ["Say", "Admin"] as const;
export type EchoMethod = (typeof METHODS)[number];

const asIs = { serialize: (bytes: Buffer) => bytes, deserialize: (bytes: Buffer) => bytes };
const definition = Object.fromEntries(
  METHODS.map((name) => [
    name,
    {
      path: `/lab.v1.Echo/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs.serialize,
      requestDeserialize: asIs.deserialize,
      responseSerialize: asIs.serialize,
      responseDeserialize: asIs.deserialize,
    },
  ]),
);

/** Answers each call with what it was sent, on a port of 127.0.0.1. */
export async function startEcho(port: number): Promise<{ stop(): void }> {
  const server = new Server();
  server.addService(
    definition,
    Object.fromEntries(
      METHODS.map((name) => [
        name,
        ({ request }: { request: Buffer }, answer: (error: null, value: Buffer) => void) => answer(null, request),
      ]),
    ),
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  return { stop: () => server.forceShutdown() };
}

export interface EchoCall {
  /** host:port, of the caller's own sidecar. */
  readonly address: string;
  /** The name of the service: the sidecar chooses the route by it. */
  readonly authority: string;
  readonly method: EchoMethod;
}

/** Makes one call on a connection of its own; resolves to "OK" or the name and text of the status. */
export async function callEcho({ address, authority, method }: EchoCall): Promise<string> {
  const EchoClient = makeGenericClientConstructor(definition, "Echo");
  const client: Client = new EchoClient(address, credentials.createInsecure(), {
    "grpc.default_authority": authority,
    "grpc.use_local_subchannel_pool": 1,
  });
  try {
    return await new Promise<string>((resolve) => {
      client.makeUnaryRequest<Buffer, Buffer>(
        `/lab.v1.Echo/${method}`,
        asIs.serialize,
        asIs.deserialize,
        Buffer.from("hello"),
        { deadline: Date.now() + 5_000 },
        (error) => resolve(error === null ? "OK" : `${status[error.code]}: ${error.details}`),
      );
    });
  } finally {
    client.close();
  }
}
