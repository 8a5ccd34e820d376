import { describe, expect, it } from "vitest";
import { type ReservationStatus, transitions } from "./reservation.ts";

const initial: readonly ReservationStatus[] = ["RESERVED", "REJECTED"];
const all: readonly ReservationStatus[] = ["RESERVED", "REJECTED", "DEDUCTED", "RELEASED", "RESTOCKED"];

describe("the transitions of a reservation", () => {
  it("reach every status", () => {
    const reached = new Set<string>(initial);
    for (const status of reached) {
      for (const table of Object.values(transitions)) {
        const next = table[status as ReservationStatus];
        if (next !== "unchanged" && next !== "illegal") reached.add(next);
      }
    }
    expect([...reached].sort()).toEqual([...all].sort());
  });

  it("never leave a status in which nothing is held", () => {
    for (const table of Object.values(transitions)) {
      for (const status of ["REJECTED", "RELEASED", "RESTOCKED"] as const) {
        expect(["unchanged", "illegal"]).toContain(table[status]);
      }
    }
  });

  it("let a cancellation come at any time", () => {
    expect(Object.values(transitions.OrderCancelled)).not.toContain("illegal");
  });
});
