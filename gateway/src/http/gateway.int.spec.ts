import { once } from "node:events";
import { createConnection } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Answer, type Fixture, startFixture } from "../testdata/fixture.ts";
import { type LibraryProbe, libraryService } from "../testdata/library-service.ts";

let gateway: Fixture;
let probe: LibraryProbe;

beforeAll(async () => {
  const library = libraryService();
  probe = library.probe;
  gateway = await startFixture(library.service);
});
afterAll(() => gateway.stop());
beforeEach(() => {
  probe.calls.length = 0;
});

const json = (answer: Answer): unknown => JSON.parse(answer.text);
const key = { "idempotency-key": "k-1" };

async function raw(text: string): Promise<string> {
  const socket = createConnection(gateway.server.address.port, "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString();
  });
  socket.on("error", (error) => {
    received += String(error);
  });
  socket.write(text);
  await once(socket, "close");
  return received;
}

describe("a call", () => {
  it("reaches the service and comes back as JSON, with the request id", async () => {
    const answer = await gateway.call("/v1/books/42", { headers: { "x-request-id": "req-7" } });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ "content-type": "application/json", "x-request-id": "req-7" });
    expect(json(answer)).toEqual({
      isbn: "42",
      title: "",
      genre: "GENRE_UNSPECIFIED",
      authors: [],
      copies: "0",
      ratings: {},
    });
    expect(probe.calls).toMatchObject([{ rpc: "GetBook", correlationId: "req-7", request: { isbn: "42" } }]);
  });

  it("gets a new request id when it brings none, or one that is not fit to be one", async () => {
    const uuid = /^[0-9a-f-]{36}$/;
    expect((await gateway.call("/v1/books/42")).headers["x-request-id"]).toMatch(uuid);
    const given = { "x-request-id": "a b" };
    expect((await gateway.call("/v1/books/42", { headers: given })).headers["x-request-id"]).toMatch(uuid);
    const long = { "x-request-id": "x".repeat(129) };
    expect((await gateway.call("/v1/books/42", { headers: long })).headers["x-request-id"]).toMatch(uuid);
  });

  it("takes the trace context along when it is well formed", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await gateway.call("/v1/books/42", { headers: { traceparent } });
    await gateway.call("/v1/books/42", { headers: { traceparent: "00-xyz" } });
    expect(probe.calls.map((call) => call.traceparent)).toEqual([traceparent, undefined]);
  });

  it("answers with the status and the Location of the method's policy, and the field that response_body names", async () => {
    const answer = await gateway.call("/v1/shelves/7/books", { body: '{"isbn": "a/b", "title": "T"}', headers: key });
    expect(answer.status).toBe(201);
    expect(answer.headers["location"]).toBe("/v1/books/a%2Fb");
    expect(json(answer)).toMatchObject({ isbn: "a/b", title: "T" });
    expect(probe.calls).toMatchObject([{ key: "k-1", request: { parent: "shelves/7" } }]);
  });

  it("marks a replay", async () => {
    const fresh = await gateway.call("/v1/shelves/7/books", { body: '{"title": "T"}', headers: key });
    expect(fresh.headers["idempotency-replayed"]).toBeUndefined();
    const again = await gateway.call("/v1/shelves/7/books", { body: '{"title": "again"}', headers: key });
    expect(again.headers["idempotency-replayed"]).toBe("true");
  });

  it("may use HEAD for GET, and OPTIONS to ask what is allowed, without a token", async () => {
    const head = await gateway.call("/v1/books/42", { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(Number(head.headers["content-length"])).toBeGreaterThan(0);
    const options = await gateway.call("/v1/books/42", { method: "OPTIONS", scope: null });
    expect(options).toMatchObject({ status: 204, headers: { allow: "DELETE, GET, HEAD, OPTIONS, PATCH" } });
    expect((await gateway.call("*", { method: "OPTIONS", scope: null })).status).toBe(204);
    expect((await gateway.call("/nowhere", { method: "OPTIONS" })).status).toBe(404);
  });

  it("may name its target by an absolute URL", async () => {
    expect((await gateway.call("http://shop.test/v1/books?words=a", {})).status).toBe(200);
    expect((await gateway.call("http://shop.test", {})).status).toBe(404);
  });

  it("may come in chunks", async () => {
    const answer = await raw(
      [
        "POST /v1/books/9:lend HTTP/1.1",
        "Host: x",
        `Authorization: Bearer ${await gateway.token("books.write")}`,
        "Content-Type: application/json; charset=UTF-8",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "",
        '9\r\n{"reader"\r\n5\r\n:"B"}\r\n0\r\n\r\n',
      ].join("\r\n"),
    );
    expect(answer).toContain("HTTP/1.1 200 OK");
    expect(probe.calls).toMatchObject([{ rpc: "LendBook", request: { isbn: "9", reader: "B" } }]);
  });
});

describe("wrong input", () => {
  const lend = "/v1/books/9:lend";

  const cases: [name: string, path: string, call: Parameters<Fixture["call"]>[1], status: number, code: string][] = [
    ["an unknown path", "/v2/x", {}, 404, "ROUTE_NOT_FOUND"],
    ["the root", "/", {}, 404, "ROUTE_NOT_FOUND"],
    ["an unknown verb", "/v1/books/9:burn", { method: "POST" }, 404, "ROUTE_NOT_FOUND"],
    ["a method that is not allowed", "/v1/books", { method: "DELETE" }, 405, "METHOD_NOT_ALLOWED"],
    ["a broken escape in the path", "/v1/books/%zz", {}, 400, "REQUEST_MALFORMED"],
    ["bad UTF-8 in the path", "/v1/books/%ff", {}, 400, "REQUEST_MALFORMED"],
    ["a broken escape in the query", "/v1/books?words=%", {}, 400, "REQUEST_MALFORMED"],
    ["an unknown parameter", "/v1/books?x=1", {}, 400, "VALIDATION_FAILED"],
    ["a rule broken by a parameter", "/v1/books?pageSize=101", {}, 400, "VALIDATION_FAILED"],
    ["no token", "/v1/books/9", { scope: null }, 401, "UNAUTHENTICATED"],
    ["another scheme", "/v1/books/9", { headers: { authorization: "Basic eDp5" } }, 401, "UNAUTHENTICATED"],
    ["a token that is none", "/v1/books/9", { headers: { authorization: "Bearer x.y.z" } }, 401, "UNAUTHENTICATED"],
    ["an empty token", "/v1/books/9", { headers: { authorization: "Bearer " } }, 401, "UNAUTHENTICATED"],
    ["a token without the scope", lend, { method: "POST", scope: "books.read" }, 403, "PERMISSION_DENIED"],
    ["no idempotency key", "/v1/shelves/7/books", { body: "{}" }, 400, "IDEMPOTENCY_KEY_REQUIRED"],
    [
      "an idempotency key with a space",
      "/v1/shelves/7/books",
      { body: "{}", headers: { "idempotency-key": "a b" } },
      400,
      "IDEMPOTENCY_KEY_INVALID",
    ],
    [
      "an idempotency key that is too long",
      "/v1/shelves/7/books",
      { body: "{}", headers: { "idempotency-key": "x".repeat(256) } },
      400,
      "IDEMPOTENCY_KEY_INVALID",
    ],
    [
      "an empty idempotency key",
      "/v1/shelves/7/books",
      { body: "{}", headers: { "idempotency-key": "" } },
      400,
      "IDEMPOTENCY_KEY_INVALID",
    ],
    ["a body where none is taken", "/v1/books/9", { method: "DELETE", body: "{}" }, 400, "BODY_NOT_ALLOWED"],
    [
      "another media type",
      lend,
      { body: "{}", headers: { "content-type": "text/xml" } },
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    [
      "another charset",
      lend,
      { body: "{}", headers: { "content-type": "application/json; charset=latin1" } },
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["a compressed body", lend, { body: "{}", headers: { "content-encoding": "gzip" } }, 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["malformed JSON", lend, { body: '{"reader": ' }, 400, "BODY_MALFORMED"],
    ["a body that is no UTF-8", lend, { body: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }, 400, "BODY_NOT_UTF8"],
    ["a very deep body", lend, { body: "[".repeat(30_000) + "]".repeat(30_000) }, 400, "BODY_TOO_DEEP"],
    ["an unknown field", lend, { body: '{"raeder": "B"}' }, 400, "VALIDATION_FAILED"],
    ["a wrong type", lend, { body: '{"reader": 5}' }, 400, "VALIDATION_FAILED"],
    ["a body that is too large", lend, { body: `"${"x".repeat(70_000)}"` }, 413, "BODY_TOO_LARGE"],
    ["a missing required field", "/v1/shelves/7/books", { body: "null", headers: key }, 400, "VALIDATION_FAILED"],
    ["a rule broken by the body", "/v1/books/9", { method: "PATCH", body: '{"copies": -1}' }, 400, "VALIDATION_FAILED"],
    ["what the service does not find", "/v1/books/missing", {}, 404, "BOOK_NOT_FOUND"],
    ["what the service refuses in its state", "/v1/books/lent", {}, 409, "BOOK_LENT"],
    ["what the service gives a status of its own", "/v1/books/full", {}, 422, "SHELF_FULL"],
  ];

  it.each(cases)("%s is a problem with a stable code", async (_name, path, call, status, code) => {
    const answer = await gateway.call(path, call);
    expect(answer).toMatchObject({ status, headers: { "content-type": "application/problem+json" } });
    expect(json(answer)).toMatchObject({
      type: `urn:ordermesh:problem:${code.toLowerCase().replaceAll("_", "-")}`,
      title: expect.stringMatching(/^[A-Z]/) as string,
      status,
      code,
      detail: expect.stringMatching(/./) as string,
      requestId: answer.headers["x-request-id"],
    });
  });

  it("that a rule refuses is named by its JSON path, with what was given", async () => {
    const body = '{"title": "T", "authors": [{"fullName": "A"}, {"fullName": ""}]}';
    const answer = await gateway.call("/v1/books/9", { method: "PATCH", body });
    expect(json(answer)).toMatchObject({
      violations: [{ field: "authors[1].fullName", reason: "string.min_len" }],
    });
    expect(probe.calls).toEqual([]);
  });

  it("that the service refuses has its proto names turned into JSON names", async () => {
    const answer = await gateway.call("/v1/books/rejected", { method: "PATCH", body: "{}" });
    expect(json(answer)).toMatchObject({
      code: "BOOK_REJECTED",
      violations: [{ field: "authors[0].fullName", description: "is a pen name", reason: "PEN_NAME" }],
    });
  });

  it("gets the Allow header with 405", async () => {
    expect((await gateway.call("/v1/books", { method: "POST" })).headers["allow"]).toBe("GET, HEAD, OPTIONS");
  });

  it("gets a challenge with 401 and 403", async () => {
    const challenge = async (call: Parameters<Fixture["call"]>[1]): Promise<string | undefined> =>
      (await gateway.call("/v1/books/9", call)).headers["www-authenticate"];
    expect(await challenge({ scope: null })).toBe("Bearer");
    expect(await challenge({ headers: { authorization: "Bearer x" } })).toBe('Bearer error="invalid_token"');
    expect(await challenge({ scope: "other" })).toBe('Bearer error="insufficient_scope", scope="books.read"');
    const expired = await gateway.token("books.read", "ada", -60);
    expect(await challenge({ headers: { authorization: `bearer ${expired}` } })).toBe('Bearer error="invalid_token"');
  });

  it("is told even while a body that is too large is still being sent in chunks", async () => {
    const chunk = `1000\r\n${"x".repeat(4096)}\r\n`;
    const answer = await raw(
      [
        "POST /v1/books/9:lend HTTP/1.1",
        "Host: x",
        `Authorization: Bearer ${await gateway.token("books.write")}`,
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "",
        `${chunk.repeat(100)}0\r\n\r\n`,
      ].join("\r\n"),
    );
    expect(answer).toContain("HTTP/1.1 413 ");
  });

  it("that is no HTTP gets 400, and headers without end get 431", async () => {
    expect(await raw("GARBAGE\r\n\r\n")).toContain('"code":"REQUEST_MALFORMED"');
    const large = `GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${"x".repeat(20_000)}\r\n\r\n`;
    expect(await raw(large)).toContain('"code":"HEADERS_TOO_LARGE"');
  });

  it("leaves the connection usable", async () => {
    const token = await gateway.token("books.read books.write");
    const request = (path: string, rest: string): string =>
      `${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${rest}`;
    const answer = await raw(
      request("POST /v1/books/9:lend", "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}") +
        request("GET /v1/books/9", "Connection: close\r\n\r\n"),
    );
    expect(answer.match(/HTTP\/1\.1 (\d+)/g)).toEqual(["HTTP/1.1 415", "HTTP/1.1 200"]);
  });
});

describe("a fault of the platform", () => {
  it("is 500 without its details, which go to the log with the request id", async () => {
    const answer = await gateway.call("/v1/books/crash", { headers: { "x-request-id": "req-crash" } });
    expect(answer.status).toBe(500);
    expect(json(answer)).toMatchObject({ code: "INTERNAL", requestId: "req-crash" });
    expect(answer.text).not.toContain("secret detail");
    expect(gateway.logged.join("")).toContain("req-crash");
  });

  it("is 503 with Retry-After when the service cannot do it now", async () => {
    const answer = await gateway.call("/v1/books/busy");
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    expect(json(answer)).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is 504 when the service does not answer before the deadline", async () => {
    const answer = await gateway.call("/v1/books/slow");
    expect(answer.status).toBe(504);
    expect(json(answer)).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });
});
