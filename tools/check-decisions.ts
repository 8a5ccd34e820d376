// Fails when docs/design-decisions.md and the records in docs/adr disagree.
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { decisionFaults } from "./decisions.ts";

const root = join(import.meta.dirname, "..");
const page = "docs/design-decisions.md";
const records = new Map(
  globSync(join(root, "docs/adr/*.md"))
    .sort()
    .map((path) => [basename(path), readFileSync(path, "utf8")]),
);
const faults = decisionFaults({
  table: readFileSync(join(root, page), "utf8"),
  records,
  exists: (path) => existsSync(join(root, path)),
});
for (const fault of faults) console.error(`${page}: ${fault}`);
console.log(`${page}: ${records.size} records, ${faults.length} faults`);
process.exitCode = faults.length === 0 && records.size > 0 ? 0 : 1;
