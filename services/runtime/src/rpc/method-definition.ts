import { type DescMethod, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { MethodDefinition } from "@grpc/grpc-js";

/** Stands for a request that does not decode, so that it is answered by the pipeline like every other bad input. */
export class UndecodableRequest {
  readonly cause: unknown;
  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/** How grpc-js encodes and decodes the messages of a method, on either side. */
export function methodDefinition(method: DescMethod): MethodDefinition<unknown, unknown> {
  const { input, output } = method;
  const serialize = (schema: typeof input) => (message: unknown) => {
    const bytes = toBinary(schema, message as Message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: serialize(input),
    requestDeserialize: (bytes) => {
      try {
        return fromBinary(input, bytes);
      } catch (error) {
        return new UndecodableRequest(error);
      }
    },
    responseSerialize: serialize(output),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
    originalName: method.localName,
  };
}
