import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { schemaTexts } from "../files/json-schemas.ts";
import { findingsPage, findingsText } from "./finding-table.ts";
import { readMistakes } from "./mistakes.ts";
import { rules } from "./registry.ts";

describe("docs/mesh-findings.md", () => {
  it("has every code of the registry, and no other", () => {
    const codes = [...readFileSync(findingsPage, "utf8").matchAll(/^### (MESH-\d{3})$/gm)].map(([, code]) => code);
    expect(codes).toEqual(rules.map(({ code }) => code));
  });

  it("is as the registry would write it", () => {
    expect(readFileSync(findingsPage, "utf8")).toBe(findingsText());
  });

  it("names every mistake with its source", () => {
    const page = readFileSync(findingsPage, "utf8");
    expect(readMistakes().filter(({ source }) => !page.includes(`<${source}>`))).toEqual([]);
  });
});

describe("the JSON Schemas", () => {
  const texts = schemaTexts();

  it.each([...texts.keys()])("%s is as the shapes would write it", (name) => {
    expect(readFileSync(join(import.meta.dirname, "../../schemas", name), "utf8")).toBe(texts.get(name));
  });

  it("keep what may be written of a duration and of the conditions of retries", () => {
    const policy = JSON.parse(texts.get("policy.schema.json") ?? "{}");
    expect(policy.properties.connectTimeout).toMatchObject({ type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h)$" });
    expect(JSON.stringify(policy.properties.defaults)).toContain('"connect-failure"');
    expect(policy.additionalProperties).toBe(false);
    expect(policy.required).toEqual(["service", "workload", "port"]);
  });
});
