import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadMesh } from "../files/load-mesh.ts";
import { type AmplificationReport, amplify } from "./amplify.ts";

let report: AmplificationReport;

beforeAll(async () => {
  report = amplify(await loadMesh(join(import.meta.dirname, "../../fixtures/cinema"), "dev"));
});

/** Calls and their retries on the heaviest way from a method at the edge to a service. */
function wayTo(method: string, service: string): string[] | undefined {
  const found = report.amplifications.find((one) => one.edge.method === method && one.service.endsWith(service));
  return found?.paths[0]?.calls.map((call) => `${call.caller} → ${call.method} +${call.meshRetries}`);
}

const worstOf = (method: string): Record<string, number> =>
  Object.fromEntries(
    report.amplifications
      .filter(({ edge }) => edge.method === method)
      .map(({ service, worst }) => [service.slice(service.lastIndexOf(".") + 1), worst]),
  );

describe("amplification of the cinema", () => {
  it("follows a booking through three layers, of which only the last retries", () => {
    expect(worstOf("Book")).toEqual({ BookingService: 1, SeatService: 1, TicketService: 1, PricingService: 2 });
    expect(wayTo("Book", "PricingService")).toEqual([
      "web → Book +0",
      "booking → HoldSeats +0",
      "seats → QuotePrices +1",
    ]);
  });

  it("has no circle of calls", () => {
    expect(report.cycles).toEqual([]);
  });
});
