import { describe, expect, it } from "vitest";
import { describeSubject } from "./finding.ts";
import { formatFindings } from "./print-findings.ts";
import { runRules } from "./run-rules.ts";
import { cinemaFolder, cinemaWith } from "./testing/cinema.ts";

const hiddenPerTry = "policies: { seats: { defaults: { retries: { perTry: 800ms, attempts: 1 } } } }";

describe("a finding", () => {
  it("is told once for all methods and environments in which it is the same", async () => {
    const { inputs } = await cinemaWith(hiddenPerTry);
    const { findings } = runRules(inputs);
    expect(findings).toMatchObject([
      {
        code: "MESH-020",
        severity: "error",
        file: "policies/seats.yaml",
        service: "cinema.seats.v1.SeatService",
        methods: ["ReleaseSeats", "ListSeats"],
        environments: ["dev", "live"],
      },
    ]);
  });

  it("is told for each environment in which its numbers differ", async () => {
    const { inputs } = await cinemaWith(
      "policies: { seats: { ejection: { max: 20% }, replicas: { dev: 2, live: 4 } } }",
    );
    expect(runRules(inputs).findings.map(({ code, environments }) => [code, environments])).toEqual([
      ["MESH-040", ["dev"]],
      ["MESH-040", ["live"]],
    ]);
  });

  it("names what it is about", () => {
    const service = "cinema.seats.v1.SeatService";
    expect(describeSubject({ service, methods: ["ListSeats", "HoldSeats"] })).toBe(`${service}/ListSeats, HoldSeats`);
    expect(describeSubject({ caller: "web", service, methods: ["ListSeats"] })).toBe(`web → ${service}/ListSeats`);
    expect(describeSubject({ caller: "web", methods: [] })).toBe("caller web");
  });
});

describe("a suppression", () => {
  const reason = "the seat map is slow at noon, and known to be";
  const suppressing = (suppress: string): string =>
    `policies: { seats: { defaults: { retries: { perTry: 800ms, attempts: 1 } }, suppress: [${suppress}] } }`;

  it("takes a finding out of the list, and tells it with its reason", async () => {
    const { inputs } = await cinemaWith(suppressing(`{ code: MESH-020, reason: "${reason}" }`));
    expect(runRules(inputs)).toMatchObject({
      findings: [],
      suppressed: [{ code: "MESH-020", reason, methods: ["ReleaseSeats", "ListSeats"], environments: ["dev", "live"] }],
    });
  });

  it("of one method leaves the others", async () => {
    const { inputs } = await cinemaWith(suppressing(`{ code: MESH-020, method: ListSeats, reason: "${reason}" }`));
    const { findings, suppressed } = runRules(inputs);
    expect(findings.map(({ code, methods }) => [code, methods])).toEqual([["MESH-020", ["ReleaseSeats"]]]);
    expect(suppressed.map(({ code, methods }) => [code, methods])).toEqual([["MESH-020", ["ListSeats"]]]);
  });

  it("in the file of another service accepts nothing, and is a finding itself", async () => {
    const { inputs } = await cinemaWith(`
      policies:
        seats: { defaults: { retries: { perTry: 800ms, attempts: 1 } } }
        booking: { suppress: [{ code: MESH-020, reason: "${reason}" }] }`);
    expect(runRules(inputs).findings.map(({ code, file }) => [code, file])).toEqual([
      ["MESH-005", "policies/booking.yaml"],
      ["MESH-020", "policies/seats.yaml"],
    ]);
  });

  it("in callers.yaml accepts what is found about a caller", async () => {
    const { inputs } = await cinemaWith(`
      callers:
        callers: { web: { calls: { cinema.tickets.v1.TicketService: all } } }
        suppress: [{ code: MESH-071, method: cinema.tickets.v1.TicketService/IssueTickets, reason: the box office prints }]`);
    const { findings, suppressed } = runRules(inputs);
    expect(findings).toEqual([]);
    expect(suppressed.map(({ code, caller }) => [code, caller])).toEqual([["MESH-071", "web"]]);
  });

  it("is not said to match nothing when only one environment is looked at", async () => {
    const { inputs } = await cinemaWith(suppressing(`{ code: MESH-040, reason: "${reason}" }`));
    const codes = (whole: boolean): string[] => runRules(inputs.slice(0, 1), whole).findings.map(({ code }) => code);
    expect(codes(true).sort()).toEqual(["MESH-005", "MESH-020"]);
    expect(codes(false)).toEqual(["MESH-020"]);
  });
});

describe("the text", () => {
  it("gives each finding its line, reason and fix, and counts them", async () => {
    const { inputs } = await cinemaWith(hiddenPerTry);
    const [line] = runRules(inputs).findings.map((finding) => finding.line);
    expect(formatFindings(runRules(inputs), cinemaFolder, cinemaFolder)).toBe(
      [
        `policies/seats.yaml:${line} error MESH-020 cinema.seats.v1.SeatService/ReleaseSeats, ListSeats`,
        "    a try may take 800ms, and the timeout is 800ms: 1 of 2 tries fits, no slow try is ever repeated",
        "    fix: make perTry at most 400ms, or raise the timeout",
        "",
        "1 error, 0 warnings in dev, live. mesh lint --explain CODE tells more.",
      ].join("\n"),
    );
  });

  it("says so when there is nothing", async () => {
    const { inputs } = await cinemaWith({});
    expect(formatFindings(runRules(inputs), cinemaFolder)).toBe("Nothing found in dev, live.");
  });
});
