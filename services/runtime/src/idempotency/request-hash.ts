import { hash } from "node:crypto";
import { type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";

/**
 * What tells whether two requests with one idempotency key are the same: SHA-256 over the method's name and the binary
 * form of the message. The JSON a client sent may differ in spacing and order; entries of a map field may not.
 */
export function requestHash<S extends DescMessage>(methodName: string, schema: S, message: MessageShape<S>): Buffer {
  const content = Buffer.concat([Buffer.from(`${methodName}\0`), toBinary(schema, message)]);
  return hash("sha256", content, "buffer");
}
