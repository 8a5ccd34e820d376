import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOwnLimit } from "../limits/call-limit.ts";
import { type Fixture, startFixture } from "../testdata/fixture.ts";
import { type LibraryProbe, libraryService } from "../testdata/library-service.ts";

let gateway: Fixture;
let probe: LibraryProbe;

beforeAll(async () => {
  const library = libraryService();
  probe = library.probe;
  gateway = await startFixture(library.service, {}, createOwnLimit({ perSecond: 2, burst: 1 }));
});
afterAll(() => gateway.stop());

async function callAs(subject: string) {
  const authorization = `Bearer ${await gateway.token("books.read", subject)}`;
  return gateway.call("/v1/books/42", { scope: null, headers: { authorization, "x-request-id": "req-1" } });
}

describe("a caller who calls too often", () => {
  it("gets 429 with the time to wait, before the service hears of it, and others are served", async () => {
    const answers = [];
    while (answers.at(-1)?.status !== 429) {
      expect(answers.length).toBeLessThan(100);
      answers.push(await callAs("ada"));
    }
    const refused = answers.at(-1);
    expect(refused?.headers).toMatchObject({ "content-type": "application/problem+json", "retry-after": "1" });
    expect(JSON.parse(refused?.text ?? "")).toEqual({
      type: "urn:ordermesh:problem:rate-limited",
      title: "Rate limited",
      status: 429,
      detail: "too many calls by this caller; slow down, and try again after Retry-After",
      code: "RATE_LIMITED",
      requestId: "req-1",
    });
    expect(probe.calls).toHaveLength(answers.length - 1);
    expect((await callAs("bob")).status).toBe(200);
  });

  it("is counted by the token's subject: who has no token is told so, however often", async () => {
    const statuses = new Set<number>();
    for (let call = 0; call < 20; call++) statuses.add((await gateway.call("/v1/books/42", { scope: null })).status);
    expect([...statuses]).toEqual([401]);
  });
});
