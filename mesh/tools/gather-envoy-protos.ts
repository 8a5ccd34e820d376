// Gathers Envoy's own protos, and what they import, out of an npm package that ships them. They are never committed.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const shipped = join(dirname(createRequire(import.meta.url).resolve("@grpc/grpc-js-xds/package.json")), "deps");
const folders = ["envoy-api", "xds", "googleapis", "protoc-gen-validate"];

/**
 * Writes the files named, and all that they import, into the folder.
 * @throws Error when none of the folders of the package has a file
 */
export function gatherEnvoyProtos(files: readonly string[], folder: string): void {
  const waiting = [...files];
  const gathered = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (gathered.has(file)) continue;
    gathered.add(file);
    const text = patch(file, read(file));
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    const imports = [...text.matchAll(/^import (?:public )?"([^"]+)";/gm)].map(([, name = ""]) => name);
    // buf brings those of google/protobuf itself.
    waiting.push(...imports.filter((name) => !name.startsWith("google/protobuf/")));
  }
}

function read(file: string): string {
  for (const folder of folders) {
    try {
      return readFileSync(join(shipped, folder, file), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Error(`@grpc/grpc-js-xds ships no ${file} in ${folders.join(", ")} of its deps`);
}

/** The rules of validation that come with the package are older than Envoy's protos, which use a field they lack. */
function patch(file: string, text: string): string {
  if (file !== "validate/validate.proto" || text.includes("ignore_empty")) return text;
  return text.replace("message StringRules {", "message StringRules {\n    optional bool ignore_empty = 26;");
}
