// Line charts as SVG text: panels below each other over one axis of time.
import { scaleLinear } from "d3-scale";
import { line as lineShape } from "d3-shape";
import { type Colour, chartStyle } from "./chart-style.ts";
import { element, type Markup, text } from "./svg.ts";

export interface ChartLine {
  readonly label: string;
  readonly colour: Colour;
  readonly dashed?: boolean;
  /** One value per step; null leaves a gap. */
  readonly values: readonly (number | null)[];
}

export interface Panel {
  /** With the unit: `requests per second`. */
  readonly title: string;
  readonly lines: readonly ChartLine[];
}

/** A stretch of time that is shaded and named in every panel. */
export interface Shade {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly label: string;
}

export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  /** Time from one value to the next; the first stands at half of it. */
  readonly stepMs: number;
  readonly panels: readonly Panel[];
  readonly shades: readonly Shade[];
}

const width = 960;
const left = 64;
const right = 24;
const headHeight = 64;
const shadeRow = 16;
const panelHeight = 150;
/** The part of the gap that lies below a panel. */
const axisHeight = 30;
/** About: nothing measures text here. */
const characterWidth = 6.6;
/** For a panel's title and legend above it, and the axis below. */
const panelGap = 82;

/** @returns a whole SVG document that reads well on light and on dark pages */
export function lineChart(chart: Chart): string {
  const steps = Math.max(1, ...chart.panels.flatMap(({ lines }) => lines.map(({ values }) => values.length)));
  const endMs = steps * chart.stepMs;
  const x = scaleLinear([0, endMs], [left, width - right]);
  const rows = shadeRows(chart.shades, x);
  const top = headHeight + (Math.max(-1, ...rows) + 1) * shadeRow;
  const height = top + chart.panels.length * (panelHeight + panelGap);
  const panels = chart.panels.map((panel, index) =>
    drawPanel(panel, chart, top + index * (panelHeight + panelGap) + panelGap - axisHeight, x),
  );
  const names = chart.shades.map(({ label, fromMs }, index) =>
    text(
      { class: "shade-name", x: x(Math.min(fromMs, endMs)) + 4, y: headHeight + (rows[index] ?? 0) * shadeRow },
      label,
    ),
  );
  const { raw } = element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, role: "img", "font-size": 12 },
    [
      element("title", {}, [{ escaped: chart.title }]),
      element("style", {}, [{ raw: chartStyle }]),
      element("rect", { class: "page", width, height }),
      text({ class: "head", x: left, y: 24 }, chart.title),
      text({ class: "faint", x: left, y: 42 }, chart.subtitle),
      ...names,
      ...panels,
    ],
  );
  return `${raw}\n`;
}

type Scale = (value: number) => number;
type TimeScale = Scale & { ticks(count: number): number[] };

function drawPanel({ title, lines }: Panel, { stepMs, shades }: Chart, top: number, x: TimeScale): Markup {
  const bottom = top + panelHeight;
  const highest = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const y = scaleLinear([0, highest === 0 ? 1 : highest], [bottom, top]).nice(4);
  const path = lineShape<number | null>()
    .defined((value) => value !== null)
    .x((_, index) => x((index + 0.5) * stepMs))
    .y((value) => y(value ?? 0))
    .digits(1);
  return element("g", {}, [
    ...shades.map(({ fromMs, untilMs }) => {
      const end = Math.min(x(untilMs), width - right);
      return element("rect", {
        class: "shade",
        x: x(fromMs),
        y: top,
        width: Math.max(0, end - x(fromMs)),
        height: panelHeight,
      });
    }),
    ...y
      .ticks(4)
      .flatMap((value) => [
        element("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
        text({ class: "tick", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, y.tickFormat(4)(value)),
      ]),
    ...x
      .ticks(10)
      .map((ms) => text({ class: "tick", x: x(ms), y: bottom + 18, "text-anchor": "middle" }, `${ms / 1000} s`)),
    ...lines.map((drawn) => element("path", { class: classOf(drawn), d: path(drawn.values) ?? "" })),
    text({ class: "name", x: left, y: top - 28 }, title),
    ...drawLegend(lines, top - 10),
  ]);
}

function drawLegend(lines: readonly ChartLine[], y: number): Markup[] {
  let start = left;
  return lines.flatMap((drawn) => {
    const from = start;
    start += 28 + drawn.label.length * characterWidth + 20;
    return [
      element("line", { class: classOf(drawn), x1: from, x2: from + 22, y1: y - 4, y2: y - 4 }),
      text({ x: from + 28, y }, drawn.label),
    ];
  });
}

const classOf = ({ colour, dashed }: ChartLine): string => `line ${colour}${dashed === true ? " dashed" : ""}`;

/** In which row the name of each stands: the first where it meets no other. */
function shadeRows(shades: readonly Shade[], x: Scale): number[] {
  const ends: number[] = [];
  return shades.map(({ label, fromMs }) => {
    const start = x(fromMs);
    const free = ends.findIndex((end) => end <= start);
    const row = free < 0 ? ends.length : free;
    ends[row] = start + label.length * characterWidth + 12;
    return row;
  });
}
