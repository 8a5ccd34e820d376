import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server, ServerDuplexStream, ServiceDefinition } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { service as healthService } from "grpc-health-check";
import { type CallTracker, trackStream } from "./call-tracker.ts";

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];
type TypeDefinition = { format: string; type: object; fileDescriptorProtos: Buffer[] };

/** Serves grpc.reflection.v1 and v1alpha: the given services, health, and reflection itself. */
export function addReflection(server: Server, tracker: CallTracker, services: readonly DescService[]): void {
  const files = new Map<string, Buffer>();
  for (const service of services) addFile(files, service.file);
  for (const definition of [healthService as ServiceDefinition, ...reflectionDefinitions()]) {
    addDefinition(files, definition);
  }
  const type: TypeDefinition = { format: "binary", type: {}, fileDescriptorProtos: [...files.values()] };
  new ReflectionService({ files: type } as PackageDefinition).addToServer({
    addService: (definition, implementation) => {
      const handlers = Object.entries(implementation).map(([name, handler]) => [
        name,
        (call: ServerDuplexStream<unknown, unknown>): void => {
          trackStream(tracker, call);
          (handler as (call: unknown) => void)(call);
        },
      ]);
      server.addService(definition, Object.fromEntries(handlers));
    },
  });
}

/** Adds a file and, before it, what it imports. */
function addFile(files: Map<string, Buffer>, file: DescFile): void {
  const name = file.proto.name;
  if (files.has(name)) return;
  for (const dependency of file.dependencies) addFile(files, dependency);
  files.set(name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
}

/** What the reflection library would register, asked from an instance that knows nothing. */
function reflectionDefinitions(): ServiceDefinition[] {
  const definitions: ServiceDefinition[] = [];
  new ReflectionService({}).addToServer({ addService: (definition) => void definitions.push(definition) });
  return definitions;
}

/** Definitions made by proto-loader carry their files with the types of their methods. */
function addDefinition(files: Map<string, Buffer>, definition: ServiceDefinition): void {
  for (const [name, method] of Object.entries(definition)) {
    const { requestType } = method as unknown as { requestType?: TypeDefinition };
    requestType?.fileDescriptorProtos.forEach((bytes, index) => {
      files.set(`${name}:${index}:${bytes.length}`, bytes);
    });
  }
}
