// Fails when a source file breaks a layer rule of layers.ts.
import { globSync, readFileSync } from "node:fs";
import { idleRules, layerBreaks } from "./layers.ts";

const paths = globSync(["services/*/src/**/*.ts", "gateway/src/**/*.ts", "engines/src/**/*.ts", "mesh/src/**/*.ts"], {
  exclude: ["**/store/prisma/**"],
});
const files = paths.map((path) => ({ path: path.replaceAll("\\", "/"), text: readFileSync(path, "utf8") }));
const breaks = [...layerBreaks(files), ...idleRules(files)];
for (const line of breaks) console.error(line);
console.log(`layers: ${files.length} files, ${breaks.length} breaks`);
process.exitCode = breaks.length === 0 && files.length > 0 ? 0 : 1;
