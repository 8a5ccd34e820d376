// Compiles testdata/*.proto with buf into testdata/descriptors.binpb, which the specs load. With --check it only says
// whether the committed file is up to date. Needs the gathered third-party protos: node tools/gather-protos.ts
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");
const target = join(root, "gateway/testdata/descriptors.binpb");
const modules = [
  { path: "proto", excludes: ["proto/node_modules"] },
  { path: ".buf-deps" },
  { path: "gateway/testdata" },
];
const wanted = [
  "--path",
  "gateway/testdata/library.proto",
  "--exclude-imports",
  "--exclude-source-info",
  "--as-file-descriptor-set",
];
const compiled = execFileSync(
  join(root, "node_modules/.bin/buf"),
  ["build", "--config", JSON.stringify({ version: "v2", modules }), ...wanted, "--output", "-#format=binpb"],
  { cwd: root },
);
if (!process.argv.includes("--check")) writeFileSync(target, compiled);
else if (!compiled.equals(readFileSync(target))) {
  console.error("gateway/testdata/descriptors.binpb is out of date; run: node gateway/src/testdata/generate.ts");
  process.exitCode = 1;
}
