// Findings as text for people: a file and line that a terminal can open, the reason, the fix.
import { join, relative } from "node:path";
import { paint } from "../output/colour.ts";
import { describeSubject, type Finding, type LintResult, type Rule } from "./finding.ts";

/** @param folder the mesh folder; files are shown as seen from where the command runs */
export function formatFindings(result: LintResult, folder: string, from: string = process.cwd()): string {
  const shown = (file: string): string => relative(from, join(folder, file)) || file;
  const groups = [...Map.groupBy(result.findings, ({ file }) => file)].map(([, findings]) =>
    findings.map((finding) => formatFinding(finding, shown(finding.file), result.environments)).join("\n"),
  );
  const accepted = result.suppressed.map(
    (finding) =>
      `${shown(finding.file)}:${finding.line} ${finding.code} ${describeSubject(finding)}\n    reason: ${finding.reason}`,
  );
  return [
    ...groups,
    ...(accepted.length === 0 ? [] : [[paint("strong", "Suppressed:"), ...accepted].join("\n")]),
    summary(result),
  ].join("\n\n");
}

function formatFinding(finding: Finding, file: string, all: readonly string[]): string {
  const { line, severity, code, environments, message, fix } = finding;
  const only = environments.length < all.length ? paint("faint", ` (${environments.join(", ")})`) : "";
  const severityText = paint(severity === "error" ? "bad" : "warning", severity);
  return [
    `${paint("strong", `${file}:${line}`)} ${severityText} ${code} ${describeSubject(finding)}${only}`,
    `    ${message}`,
    `    ${paint("faint", "fix:")} ${fix}`,
  ].join("\n");
}

function summary({ findings, suppressed, environments }: LintResult): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const where = environments.length === 0 ? "" : ` in ${environments.join(", ")}`;
  const accepted = suppressed.length === 0 ? "" : `, ${suppressed.length} suppressed`;
  if (findings.length === 0) return paint("good", `Nothing found${where}${accepted}.`);
  const counts = `${plural(errors, "error")}, ${plural(findings.length - errors, "warning")}${accepted}${where}.`;
  return `${counts} mesh lint --explain CODE tells more.`;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** What `--explain` prints. */
export function formatRule({ code, severity, title, why, wrong, right, sources }: Rule): string {
  const block = (text: string): string => text.replaceAll(/^/gm, "    ");
  return [
    `${paint("strong", code)} ${paint(severity === "error" ? "bad" : "warning", severity)} ${title}`,
    why,
    `${paint("bad", "Wrong:")}\n${block(wrong)}`,
    `${paint("good", "Right:")}\n${block(right)}`,
    ...(sources.length === 0 ? [] : [`Sources:\n${block(sources.join("\n"))}`]),
  ].join("\n\n");
}
