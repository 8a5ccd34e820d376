import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type Client, credentials, makeClientConstructor, type ServiceDefinition } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { service as healthService } from "grpc-health-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "./test-server.ts";

let server: TestServer;
const clients: Client[] = [];
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  for (const client of clients) client.close();
  await server.stop();
});

function open(definition: ServiceDefinition): Client {
  const client = new (makeClientConstructor(definition, "service"))(server.grpc, credentials.createInsecure());
  clients.push(client);
  return client;
}

interface HealthClient {
  check(request: object, callback: (error: Error | null, response?: { status: string }) => void): void;
  watch(request: object): NodeJS.EventEmitter & { cancel(): void };
}

const health = (): HealthClient => open(healthService as ServiceDefinition) as unknown as HealthClient;

function check(client: HealthClient, service: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    client.check({ service }, (error, response) => (error ? reject(error) : resolve(response?.status)));
  });
}

test("health follows ready(), without a token, for the server and each service", async () => {
  const client = health();
  for (const service of ["", "ordermesh.order.v1.OrderService"]) expect(await check(client, service)).toBe("SERVING");
  await expect(check(client, "nonsense")).rejects.toMatchObject({ code: 5 });
  server.state.ready = false;
  expect(await check(client, "")).toBe("NOT_SERVING");
  server.state.ready = true;
  expect(await check(client, "")).toBe("SERVING");
});

test("a watcher of health is told of changes", async () => {
  const seen: string[] = [];
  const watching = health().watch({ service: "" });
  watching.on("data", (answer: { status: string }) => seen.push(answer.status));
  watching.on("error", () => seen.push("ended"));
  await expect.poll(() => seen).toEqual(["SERVING"]);
  server.state.ready = false;
  await expect.poll(() => seen).toEqual(["SERVING", "NOT_SERVING"]);
  server.state.ready = true;
  await expect.poll(() => seen).toEqual(["SERVING", "NOT_SERVING", "SERVING"]);
  watching.cancel();
  await expect.poll(() => seen.at(-1)).toBe("ended");
});

interface ReflectionAnswer {
  listServicesResponse?: { service: { name: string }[] };
  fileDescriptorResponse?: { fileDescriptorProto: number[][] };
  errorResponse?: { errorMessage: string };
}

/** The definitions of grpc.reflection.v1 and v1alpha, as the library registers them. */
function reflectionDefinitions(): ServiceDefinition[] {
  const definitions: ServiceDefinition[] = [];
  new ReflectionService({}).addToServer({ addService: (definition) => void definitions.push(definition) });
  return definitions;
}

function ask(definition: ServiceDefinition, request: object): Promise<ReflectionAnswer> {
  const client = open(definition) as unknown as {
    ServerReflectionInfo(): NodeJS.EventEmitter & { write(request: object): void; end(): void };
  };
  return new Promise((resolve, reject) => {
    const stream = client.ServerReflectionInfo();
    stream.on("data", resolve);
    stream.on("error", reject);
    stream.write(request);
    stream.end();
  });
}

test.each([
  ["v1", 0],
  ["v1alpha", 1],
])("reflection %s lists every service", async (_version, index) => {
  const definition = reflectionDefinitions()[index] as ServiceDefinition;
  const { listServicesResponse } = await ask(definition, { listServices: "*" });
  expect(listServicesResponse?.service.map(({ name }) => name).sort()).toEqual([
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "ordermesh.order.v1.OrderService",
  ]);
});

test("reflection gives a service's file, and every file that it imports by name", async () => {
  const definition = reflectionDefinitions()[0] as ServiceDefinition;
  const found = new Map<string, FileDescriptorProto>();
  const take = ({ fileDescriptorResponse, errorResponse }: ReflectionAnswer): void => {
    expect(errorResponse?.errorMessage).toBeUndefined();
    for (const bytes of fileDescriptorResponse?.fileDescriptorProto ?? []) {
      const file = fromBinary(FileDescriptorProtoSchema, Uint8Array.from(bytes));
      found.set(file.name, file);
    }
  };
  take(await ask(definition, { fileContainingSymbol: "ordermesh.order.v1.OrderService.PlaceOrder" }));
  const missing = () => [...found.values()].flatMap((file) => file.dependency).find((name) => !found.has(name));
  for (let name = missing(); name !== undefined; name = missing())
    take(await ask(definition, { fileByFilename: name }));
  expect([...found.keys()]).toEqual(
    expect.arrayContaining([
      "ordermesh/order/v1/order_service.proto",
      "google/api/http.proto",
      "buf/validate/validate.proto",
    ]),
  );
  const methods = found.get("ordermesh/order/v1/order_service.proto")?.service[0]?.method.map(({ name }) => name);
  expect(methods).toContain("WatchOrder");
});
