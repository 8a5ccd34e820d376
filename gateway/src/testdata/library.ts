// The descriptors of testdata/library.proto. Files that it imports are those of the running program, so that options
// and well-known types are the same.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createFileRegistry,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
} from "@bufbuild/protobuf";
import {
  DurationSchema,
  FieldMaskSchema,
  FileDescriptorSetSchema,
  Int64ValueSchema,
  StructSchema,
} from "@bufbuild/protobuf/wkt";
import { PlaceOrderRequestSchema } from "@ordermesh/proto/order";

const known = new Map<string, DescFile>();
function know(file: DescFile): void {
  known.set(`${file.name}.proto`, file);
  file.dependencies.forEach(know);
}
for (const { file } of [PlaceOrderRequestSchema, DurationSchema, FieldMaskSchema, Int64ValueSchema, StructSchema]) {
  know(file);
}

const compiled = readFileSync(join(import.meta.dirname, "../../testdata/descriptors.binpb"));
const [libraryFile] = fromBinary(FileDescriptorSetSchema, compiled).file;
if (libraryFile === undefined) throw new Error("testdata/descriptors.binpb is empty");
const registry = createFileRegistry(libraryFile, (name) => known.get(name));

/** The test service. */
export const LibraryService: DescService = found(registry.getService("testdata.library.v1.LibraryService"));

/** One of its methods. */
export function libraryMethod(name: string): DescMethod {
  return found(LibraryService.methods.find((method) => method.name === name));
}

/** One of its messages. */
export function libraryMessage(name: string): DescMessage {
  return found(registry.getMessage(`testdata.library.v1.${name}`));
}

function found<T>(descriptor: T | undefined): T {
  if (descriptor === undefined) throw new Error("testdata/descriptors.binpb lacks a descriptor that a spec asks for");
  return descriptor;
}
