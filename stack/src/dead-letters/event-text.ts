import { createRegistry, fromBinary, type JsonValue, toJson } from "@bufbuild/protobuf";
import { StockReservedSchema } from "@ordermesh/proto/inventory";
import { OrderPlacedSchema } from "@ordermesh/proto/order";
import { PaymentAuthorizedSchema } from "@ordermesh/proto/payment";

// One event of each file brings the others of the file.
const registry = createRegistry(OrderPlacedSchema.file, PaymentAuthorizedSchema.file, StockReservedSchema.file);

const hidden = /token|email|contact|secret|password/i;

/** An event's value as JSON with secrets masked; as base64 when its type is unknown or it does not decode. */
export function eventText(type: string | undefined, value: Uint8Array): string {
  const schema = type === undefined ? undefined : registry.getMessage(type);
  if (schema === undefined) return `base64 ${Buffer.from(value).toString("base64")}`;
  try {
    return JSON.stringify(mask(toJson(schema, fromBinary(schema, value))), undefined, 2);
  } catch (error) {
    return `does not decode (${String(error)}): base64 ${Buffer.from(value).toString("base64")}`;
  }
}

function mask(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(mask);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, hidden.test(name) ? "[redacted]" : mask(entry)]),
  );
}
