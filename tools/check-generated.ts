// Fails when generated code differs from what the sources generate now. Run it on a tree you may overwrite: it leaves
// the newly generated files behind, so that a failure is mended by committing them.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";

const generated = ["proto/gen/**", "services/*/src/store/prisma/**"];

function digests(): Map<string, string> {
  const paths = globSync(generated).filter((path) => statSync(path).isFile());
  return new Map(paths.map((path) => [path, createHash("sha256").update(readFileSync(path)).digest("hex")]));
}

const before = digests();
execFileSync("node", ["tools/generate.ts"], { stdio: "inherit" });
const after = digests();
const drifted = [...new Set([...before.keys(), ...after.keys()])].filter(
  (path) => before.get(path) !== after.get(path),
);
for (const path of drifted.sort()) console.error(`drifted: ${path}`);
console.log(`generated code: ${after.size} files, ${drifted.length} drifted`);
process.exitCode = drifted.length === 0 && after.size > 0 ? 0 : 1;
