import type { Metadata } from "@grpc/grpc-js";

/** Names that gRPC itself or HTTP/2 owns; never copied between headers and metadata. */
const reserved = /^(?:grpc-|:)|^(?:content-type|content-length|te|connection|keep-alive|transfer-encoding|host)$/;

/** What the fetch standard calls HeadersInit; named here because it is not a global type of Node. */
export type HeaderInit = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

/** Adds headers to metadata. Values of names that end in -bin are base64, as everywhere outside grpc-js. */
export function addHeaders(metadata: Metadata, headers: HeaderInit): void {
  if (headers instanceof Headers) {
    headers.forEach((value, name) => {
      addHeader(metadata, name, value);
    });
    return;
  }
  const entries = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const [name, value] of entries) addHeader(metadata, name, value);
}

function addHeader(metadata: Metadata, givenName: string, value: string): void {
  const name = givenName.toLowerCase();
  if (reserved.test(name)) return;
  metadata.add(name, name.endsWith("-bin") ? Buffer.from(value, "base64") : value);
}

/** Metadata as headers; binary values in unpadded base64. */
export function headersFrom(metadata: Metadata | undefined): Headers {
  const headers = new Headers();
  if (!metadata) return headers;
  for (const [name, values] of Object.entries(metadata.toJSON())) {
    if (reserved.test(name)) continue;
    for (const value of values) {
      headers.append(name, typeof value === "string" ? value : value.toString("base64").replace(/=+$/, ""));
    }
  }
  return headers;
}
