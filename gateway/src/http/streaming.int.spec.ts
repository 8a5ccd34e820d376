import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Fixture, startFixture, textOf } from "../testdata/fixture.ts";
import { type LibraryProbe, libraryService } from "../testdata/library-service.ts";

let gateway: Fixture;
let probe: LibraryProbe;

beforeAll(async () => {
  const library = libraryService();
  probe = library.probe;
  gateway = await startFixture(library.service, { streamTimeoutMs: 1_000 });
});
afterAll(() => gateway.stop());

const events = { headers: { accept: "text/event-stream" } };
const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);

describe("a stream", () => {
  it("is newline-delimited JSON unless asked otherwise, of the field that response_body names", async () => {
    const answer = await gateway.call("/v1/books/1:watch");
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "application/x-ndjson" } });
    expect(lines(answer.text)).toMatchObject([{ title: "first" }, { title: "second" }]);
  });

  it("is server-sent events for those who accept them, with an event at its end", async () => {
    const answer = await gateway.call("/v1/books/1:watch", events);
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "text/event-stream" } });
    const [first, second, end] = answer.text.split("\n\n");
    expect(JSON.parse(first?.replace("data: ", "") ?? "")).toMatchObject({ title: "first" });
    expect(JSON.parse(second?.replace("data: ", "") ?? "")).toMatchObject({ title: "second" });
    expect(end).toBe("event: end\ndata: {}");
  });

  it("that fails before its first message answers with the problem's own status", async () => {
    const answer = await gateway.call("/v1/books/missing:watch", events);
    expect(answer).toMatchObject({ status: 404, headers: { "content-type": "application/problem+json" } });
    expect((await gateway.call("/v1/books/1:watch", { scope: null })).status).toBe(401);
  });

  it("that breaks off says so within the stream", async () => {
    const ndjson = await gateway.call("/v1/books/breaks:watch");
    expect(lines(ndjson.text)).toMatchObject([
      { title: "first" },
      { problem: { code: "BOOK_NOT_FOUND", status: 404 } },
    ]);
    const sse = await gateway.call("/v1/books/breaks:watch", events);
    expect(sse.text).toMatch(/\n\nevent: problem\ndata: \{.*"code":"BOOK_NOT_FOUND".*\}\n\n$/);
  });

  it("ends at its longest life", async () => {
    const answer = await gateway.call("/v1/books/quiet:watch");
    expect(lines(answer.text)).toMatchObject([{ title: "first" }, { problem: { code: "DEADLINE_EXCEEDED" } }]);
  });

  it("sends each message as it comes, and is cancelled when the client leaves", async () => {
    const answer = await gateway.open("/v1/books/quiet:watch", events);
    const [chunk] = (await once(answer, "data")) as [Buffer];
    expect(chunk.toString()).toContain("first");
    expect(probe.openStreams).toBe(1);
    answer.destroy();
    await vi.waitFor(() => expect(probe.openStreams).toBe(0));
  });

  it("does not run ahead of a client that reads slowly", async () => {
    const library = libraryService();
    const other = await startFixture(library.service, { streamTimeoutMs: 60_000 });
    const answer = await other.open("/v1/books/endless:watch");
    await once(answer, "readable");
    let last = -1;
    // Buffers of sockets on the way fill up; then the service must come to rest.
    await vi.waitFor(
      () => {
        const now = library.probe.produced;
        const resting = now === last;
        last = now;
        expect(resting).toBe(true);
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(library.probe.produced).toBeLessThan(2_000);
    answer.destroy();
    await vi.waitFor(() => expect(library.probe.openStreams).toBe(0));
    await other.stop();
  });

  it("answers HEAD without a call", async () => {
    const answer = await gateway.call("/v1/books/1:watch", { method: "HEAD", ...events });
    expect(answer).toMatchObject({ status: 200, text: "", headers: { "content-type": "text/event-stream" } });
  });
});

describe("stopping", () => {
  it("ends streams with a problem that says to come back, and lets requests under way finish", async () => {
    const library = libraryService();
    const other = await startFixture(library.service, { callTimeoutMs: 300 });
    const stream = await other.open("/v1/books/quiet:watch");
    const slow = other.call("/v1/books/slow");
    await vi.waitFor(() => expect(library.probe.calls).toHaveLength(2));
    const stopped = other.server.stop(5_000);
    expect(lines(await textOf(stream)).at(-1)).toMatchObject({ problem: { code: "UNAVAILABLE", status: 503 } });
    expect((await slow).status).toBe(504);
    await stopped;
    await expect(other.call("/v1/books/1")).rejects.toThrow();
    await other.stop();
  });

  it("cuts what does not finish in time", async () => {
    const library = libraryService();
    const other = await startFixture(library.service, { callTimeoutMs: 10_000 });
    const slow = other.call("/v1/books/slow").catch((error: Error) => error);
    await vi.waitFor(() => expect(library.probe.calls).toHaveLength(1));
    await other.server.stop(50);
    expect(await slow).toBeInstanceOf(Error);
    await other.stop();
  });
});

describe("a service that is away", () => {
  it("gives 503, not a hanging request", async () => {
    const other = await startFixture(libraryService().service);
    await other.stopUpstream();
    const answer = await other.call("/v1/books/1");
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    expect(answer.text).not.toContain("127.0.0.1");
    expect((await other.call("/v1/books/1:watch")).status).toBe(503);
    await other.stop();
  });
});
