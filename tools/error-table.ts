// Writes docs/errors.md, the table of all error codes, from the code; with --check it fails when the file differs.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { definedErrors, type ErrorSpec, statusName } from "@ordermesh/runtime/errors";
import { httpStatusOf } from "../gateway/src/problems/http-status.ts";

const target = "docs/errors.md";

/** Codes with the part that defines each; importing a part's errors.ts registers its codes. */
async function codesByPart(): Promise<[part: string, codes: readonly ErrorSpec[]][]> {
  const parts: [string, readonly ErrorSpec[]][] = [["every service", definedErrors()]];
  for (const path of globSync(["services/*/src/errors.ts", "gateway/src/errors.ts"]).sort()) {
    const before = definedErrors().length;
    await import(pathToFileURL(path).href);
    const part = path.replace(/^services\//, "").split("/")[0] ?? path;
    parts.push([part, definedErrors().slice(before)]);
  }
  return parts;
}

const rows = (await codesByPart()).flatMap(([part, codes]) =>
  codes.map((spec) => `| \`${spec.code}\` | ${httpStatusOf(spec)} | ${statusName(spec.status)} | ${part} |`),
);
const text = `# Error codes

Every refused call answers \`application/problem+json\` with one of these in \`code\`; over gRPC and Connect it is the
\`reason\` of \`google.rpc.ErrorInfo\`. Codes never change their meaning and are never used again. This file is written by
\`npm run generate:docs\`.

| Code | HTTP | gRPC status | Defined by |
|---|---|---|---|
${rows.sort().join("\n")}
`;

if (process.argv.includes("--check")) {
  const same = readFileSync(target, "utf8") === text;
  console.log(
    same ? `${target}: ${rows.length} codes, true` : `${target} differs from the code: npm run generate:docs`,
  );
  process.exitCode = same ? 0 : 1;
} else {
  writeFileSync(target, text);
  console.log(`${target}: ${rows.length} codes`);
}
