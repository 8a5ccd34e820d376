// Reads the body of a request, up to a limit.
import type { IncomingMessage } from "node:http";
import { DomainError } from "@ordermesh/runtime/errors";
import { BODY_TOO_LARGE } from "../errors.ts";

/** The client went away before its request was complete; there is nobody to answer. */
export class ClientGone extends Error {
  constructor() {
    super("the client closed the connection");
    this.name = "ClientGone";
  }
}

/** Whether the request has a body, as its headers say. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return request.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

function tooLarge(limit: number): DomainError {
  return new DomainError(BODY_TOO_LARGE, `the body is larger than allowed; allowed: ${limit} bytes`);
}

/** The bytes of the body. Rejects with BODY_TOO_LARGE as soon as it is known, with ClientGone when it breaks off. */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  if (Number(request.headers["content-length"] ?? 0) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        // The rest is still read, and dropped, so that the client comes to reading its answer; the server's request
        // timeout bounds how long.
        first = undefined;
        more = undefined;
        reject(tooLarge(limit));
      } else if (first === undefined) first = chunk;
      else if (more === undefined) more = [first, chunk];
      else more.push(chunk);
    });
    request.once("end", () => {
      if (size <= limit) resolve(more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more));
    });
    request.once("close", () => {
      if (!request.complete) reject(new ClientGone());
    });
  });
}
