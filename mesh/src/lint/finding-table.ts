// Writes docs/mesh-findings.md from the registry and the list of mistakes; with --check it fails when the file differs.
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readMistakes } from "./mistakes.ts";
import { rules } from "./registry.ts";

export const findingsPage = join(import.meta.dirname, "../../../docs/mesh-findings.md");

const cell = (text: string): string => text.replaceAll("|", "\\|").trim();

const anchor = (code: string): string => `[\`${code}\`](#${code.toLowerCase()})`;

export function findingsText(): string {
  const table = rules.map(({ code, severity, title }) => `| ${anchor(code)} | ${severity} | ${cell(title)} |`);
  const details = rules.map(({ code, title, why, wrong, right, sources }) =>
    [
      `### ${code}`,
      `**${title}.** ${why}`,
      `\`\`\`yaml\n# wrong\n${wrong}\n\n# right\n${right}\n\`\`\``,
      ...(sources.length === 0 ? [] : [`Sources: ${sources.map((source) => `<${source}>`).join(", ")}`]),
    ].join("\n\n"),
  );
  const mistakes = readMistakes().map(
    ({ mistake, source, expect }) => `| ${cell(mistake)} | ${expect.map(anchor).join(", ")} | <${source}> |`,
  );
  return `# Findings of \`mesh lint\`

\`npm run mesh -- lint\` looks at every environment of mesh.yaml; \`--explain CODE\` prints what is said of a code here. An
error ends with exit code 1, with \`--strict\` a warning too. Codes never change their meaning and are never used again.
This file is written by \`node mesh/src/lint/finding-table.ts\`.

| Code | Severity | What it finds |
|---|---|---|
${table.join("\n")}

A finding that is accepted is written down with its reason, in the policy file of its service or in callers.yaml, and is
listed at the end of the output:

\`\`\`yaml
suppress:
  - { code: MESH-026, method: PlaceOrder, reason: both calls are made at the same time }
\`\`\`

## Mistakes that were made

Each is a change of the made-up system in mesh/fixtures/cinema (mesh/fixtures/mistakes), and a test says that these
findings, and no others, come of it.

| What happened | Caught by | Reported in |
|---|---|---|
${mistakes.join("\n")}

## Each finding

${details.join("\n\n")}
`;
}

if (import.meta.main) {
  const shown = relative(process.cwd(), findingsPage);
  if (process.argv.includes("--check")) {
    const same = readFileSync(findingsPage, "utf8") === findingsText();
    const advice = "node mesh/src/lint/finding-table.ts";
    console.log(same ? `${shown}: ${rules.length} codes, true` : `${shown} differs from the code: ${advice}`);
    process.exitCode = same ? 0 : 1;
  } else {
    writeFileSync(findingsPage, findingsText());
    console.log(`${shown}: ${rules.length} codes`);
  }
}
