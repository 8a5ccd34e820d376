// The committed table of the calibration, as Markdown.
import { type Calibration, type Comparison, measures } from "./calibrate.ts";

/** @param proxies what was measured on, such as `Envoy 1.40.0, 2 processors` */
export function calibrationDocument(calibrations: readonly Calibration[], proxies: string): string {
  const holding = calibrations.filter(({ holds }) => holds).length;
  return [
    "# How near the simulator comes to real proxies",
    "",
    "`mesh simulate` predicts; `mesh verify` drives the same scenarios (`mesh/scenarios/`) through real proxies under the",
    `same policies. This page holds one against the other; \`npm run mesh:calibrate\` writes it. Measured on ${proxies}.`,
    "",
    `**${holding} of ${calibrations.length} scenarios hold in every figure.** A prediction is the median of 21 courses of`,
    "chance. Where a figure lies outside of its tolerance the model is mended, not the tolerance.",
    "",
    "| Scenario | Figure | Predicted | Measured | Difference | Tolerance | |",
    "|---|---|---:|---:|---:|---:|---|",
    ...calibrations.flatMap(({ name, comparisons }) =>
      comparisons.map((comparison, index) => rowOf(index === 0 ? name : "", comparison)),
    ),
    "",
    "Tolerances:",
    "",
    ...measures.map(({ name, why }) => `- **${name}**: ${why}.`),
    "",
    "What the model does not know: processor time of proxies and clients, more than one worker thread per proxy, the",
    "breakers of the hosts' own sidecars, and the deadline that a proxy hands to the service with each try: a service that",
    "answers DEADLINE_EXCEEDED just before its caller's proxy gives up is one more error that `reset` does not retry.",
    "",
  ].join("\n");
}

function rowOf(name: string, { measure, predicted, measured, tolerance, holds }: Comparison): string {
  const { format } = measure;
  const shown = (value: number | undefined): string => (value === undefined ? "none" : format(value));
  const difference = predicted === undefined || measured === undefined ? "" : signed(measured - predicted, format);
  const cells = [name, measure.name, shown(predicted), shown(measured), difference, `±${format(tolerance)}`];
  return `| ${cells.join(" | ")} | ${holds ? "holds" : "**does not hold**"} |`;
}

function signed(value: number, format: (value: number) => string): string {
  const shown = format(Math.abs(value));
  return shown === format(0) ? shown : `${value > 0 ? "+" : "−"}${shown}`;
}
