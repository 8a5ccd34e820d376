import { describe, expect, it } from "vitest";
import { type Chart, lineChart } from "./line-chart.ts";

const chart: Chart = {
  title: 'A & B < C "quoted"',
  subtitle: "desk → Seats/Hold",
  stepMs: 500,
  shades: [
    { fromMs: 1_000, untilMs: 2_000, label: "one fails" },
    { fromMs: 1_200, untilMs: 9_000, label: "two is slow" },
    { fromMs: 4_500, untilMs: 5_000, label: "late" },
  ],
  panels: [
    {
      title: "requests per second",
      lines: [
        { label: "good", colour: "good", values: [0, 10, 20, 30, 40, 50, 60, 70, 80, 90] },
        { label: "failed", colour: "failed", dashed: true, values: new Array(10).fill(5) },
      ],
    },
    { title: "latency", lines: [{ label: "p99", colour: "latency", values: [1, 2, null, null, 5, 6, 7, 8, 9, 10] }] },
  ],
};

/** Every tag closed in its order, no bare ampersand, no attribute without quotes. */
function faultOf(xml: string): string | undefined {
  const open: string[] = [];
  const rest = xml.replace(/<(\/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<]*")*)(\/?)>/g, (_, closing, name, __, single) => {
    if (closing === "/" && open.pop() !== name) open.push(`unexpected </${name}>`);
    if (closing === "" && single === "") open.push(name);
    return "";
  });
  if (/[<>]/.test(rest)) return `stray bracket in ${rest}`;
  if (/&(?!(amp|lt|gt|quot);)/.test(rest)) return "bare ampersand";
  return open.length === 0 ? undefined : open.join(" ");
}

const count = (text: string, part: RegExp): number => text.match(part)?.length ?? 0;

describe("lineChart", () => {
  const svg = lineChart(chart);

  it("is well-formed, whatever the texts contain", () => {
    expect(faultOf(svg)).toBeUndefined();
    expect(svg).toContain("A &amp; B &lt; C &quot;quoted&quot;");
  });

  it("draws a path per line, and a legend for each", () => {
    expect(count(svg, /<path /g)).toBe(3);
    expect(count(svg, /<path class="line failed dashed"/g)).toBe(1);
    for (const label of ["good", "failed", "p99"]) expect(svg).toContain(`>${label}</text>`);
  });

  it("leaves a gap where there is no value", () => {
    const latency = /<path class="line latency" d="([^"]*)"/.exec(svg)?.[1] ?? "";
    expect(count(latency, /M/g)).toBe(2);
    expect(count(svg, /NaN|Infinity|undefined/g)).toBe(0);
  });

  it("shades every stretch in every panel, and none beyond the end of time", () => {
    const shades = [...svg.matchAll(/<rect class="shade" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)];
    expect(shades).toHaveLength(6);
    for (const [, x, width] of shades) expect(Number(x) + Number(width)).toBeLessThanOrEqual(960 - 24 + 0.01);
  });

  it("writes no name of a stretch over another", () => {
    const rows = [...svg.matchAll(/class="shade-name" x="[\d.]+" y="([\d.]+)"/g)].map(([, y]) => Number(y));
    // The first two overlap; the third has room behind the first.
    expect(rows[1]).toBeGreaterThan(rows[0] ?? 0);
    expect(rows[2]).toBe(rows[0]);
  });

  it("follows the scheme of the page", () => {
    expect(svg).toContain("@media (prefers-color-scheme:dark)");
  });

  it("draws axes for lines that are all zero", () => {
    const flat = lineChart({
      ...chart,
      panels: [{ title: "none", lines: [{ label: "x", colour: "out", values: [0, 0] }] }],
    });
    expect(faultOf(flat)).toBeUndefined();
    expect(count(flat, /NaN/g)).toBe(0);
  });
});
