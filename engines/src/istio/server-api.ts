import { Agent, request } from "undici";

const TIMEOUT_MS = 10_000;

/** The API server without kubectl, which takes a tenth of a second for each question. */
export interface ServerApi {
  /** The JSON of the answer (its text, when it is not JSON), whatever the status. */
  get(path: string): Promise<ApiAnswer>;
  post(path: string, body: object): Promise<ApiAnswer>;
  close(): Promise<void>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface ServerAccess {
  /** https://127.0.0.1:port */
  readonly url: string;
  readonly token: string;
  /** Of the server, PEM. */
  readonly certificate: string;
}

/** @throws Error, from its functions, when nobody answers as this server */
export function openServerApi({ url, token, certificate }: ServerAccess): ServerApi {
  const dispatcher = new Agent({ connect: { ca: certificate }, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const ask = async (path: string, method: "GET" | "POST", body?: string): Promise<ApiAnswer> => {
    const answer = await request(`${url}${path}`, { dispatcher, method, headers, ...(body !== undefined && { body }) });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: isJson(answer.headers["content-type"]) ? JSON.parse(text) : text };
  };
  return {
    get: (path) => ask(path, "GET"),
    post: (path, body) => ask(path, "POST", JSON.stringify(body)),
    close: () => dispatcher.close(),
  };
}

function isJson(type: string | string[] | undefined): boolean {
  return String(type).startsWith("application/json");
}
