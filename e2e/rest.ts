// One call of the REST API, as any client makes it; which platform and whose token are given.

/** JSON as it came; the tests assert on its parts. */
// biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is what the tests are about
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
  /** From the call to the end of the answer. */
  readonly tookMs: number;
}

export interface RestCall {
  readonly token: string | undefined;
  /** Sent as JSON, or as it is when it is a string or bytes. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export async function rest(gatewayUrl: string, method: string, path: string, options: RestCall): Promise<Answer> {
  const { token, body, headers } = options;
  const raw = typeof body === "string" || body instanceof Uint8Array || body === undefined;
  const begun = performance.now();
  const response = await fetch(gatewayUrl + path, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const tookMs = Math.round(performance.now() - begun);
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
    tookMs,
  };
}
