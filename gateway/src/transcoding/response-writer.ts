// Writes a response message, or the one field of it that response_body names, as JSON text.
import { type DescMessage, type Message, toJson } from "@bufbuild/protobuf";
import type { HttpBinding } from "./http-bindings.ts";
import { isObject } from "./json-faults.ts";

/** The JSON text of a response message. */
export type ResponseWriter = (response: Message) => string;

// Fields without presence are always written, so that a client sees "lines": [] and "quantity": 0 rather than nothing;
// those with presence only when they are set.
const writeOptions = { alwaysEmitImplicit: true } as const;

/** Makes the writer of a binding's responses. */
export function responseWriter(binding: HttpBinding): ResponseWriter {
  const schema: DescMessage = binding.method.output;
  const field = binding.responseBody;
  if (field === undefined) return (response) => JSON.stringify(toJson(schema, response, writeOptions));
  return (response) => {
    const json = toJson(schema, response, writeOptions);
    return JSON.stringify((isObject(json) ? json[field.jsonName] : undefined) ?? null);
  };
}
