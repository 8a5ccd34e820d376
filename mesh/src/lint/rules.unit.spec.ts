import { describe, expect, it } from "vitest";
import { callerCases } from "./cases/callers.ts";
import { hostCases } from "./cases/hosts.ts";
import { nameCases } from "./cases/names.ts";
import { retryCases } from "./cases/retries.ts";
import { timeCases } from "./cases/times.ts";
import { retiredCodes, rules } from "./registry.ts";
import { runRules } from "./run-rules.ts";
import { cinemaWith } from "./testing/cinema.ts";

const cases = [...nameCases, ...retryCases, ...timeCases, ...hostCases, ...callerCases];

/** Told by whoever reads the files; see lint-folder.int.spec.ts. */
const withoutCase = ["MESH-001"];

describe("the rules", () => {
  it("find nothing in the cinema as it is", async () => {
    const { inputs } = await cinemaWith({});
    expect(runRules(inputs)).toEqual({ findings: [], suppressed: [], environments: ["dev", "live"] });
  });

  it("have a case for every code, and no case for any other", () => {
    const codes = rules.map(({ code }) => code).filter((code) => !withoutCase.includes(code));
    expect(new Set(cases.map(({ code }) => code))).toEqual(new Set(codes));
  });

  it("have each code once, and none that is retired", () => {
    const codes = rules.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => retiredCodes.includes(code))).toEqual([]);
    expect(codes.filter((code) => !/^MESH-\d{3}$/.test(code))).toEqual([]);
  });
});

describe.each(cases)("$code", ({ code, wrong, nearMiss }) => {
  it(`finds: ${wrong.what}`, async () => {
    const { inputs, lineOf } = await cinemaWith(wrong.change);
    const { findings } = runRules(inputs);
    const found = findings.filter((finding) => finding.code === code && finding.message.includes(wrong.says));
    expect(findings.map((finding) => `${finding.code} ${finding.message}`)).toContainEqual(
      expect.stringContaining(wrong.says),
    );
    expect(found.map(({ file, line }) => lineOf(file, line).trim())).toContainEqual(
      expect.stringContaining(wrong.line),
    );
    if (wrong.environments !== undefined)
      expect(found.map(({ environments }) => environments)).toEqual([wrong.environments]);
  });

  it(`does not find: ${nearMiss.what}`, async () => {
    const { inputs } = await cinemaWith(nearMiss.change);
    expect(runRules(inputs).findings.filter((finding) => finding.code === code)).toEqual([]);
  });
});
