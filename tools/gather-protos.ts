// Gathers the third-party protos that ours import, out of npm packages, into .buf-deps (never committed), so that
// buf works offline. google/* are files in google-proto-files; buf/validate is shipped by protovalidate only as a
// compiled descriptor and is printed back to source by print-proto.ts.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { printProto } from "./print-proto.ts";

const target = join(import.meta.dirname, "..", ".buf-deps");
const googleProtos = dirname(createRequire(import.meta.url).resolve("google-proto-files/package.json"));
const wanted = [
  "google/api/annotations.proto",
  "google/api/http.proto",
  "google/rpc/error_details.proto",
  "google/rpc/status.proto",
];

rmSync(target, { recursive: true, force: true });
for (const file of wanted) {
  mkdirSync(dirname(join(target, file)), { recursive: true });
  cpSync(join(googleProtos, file), join(target, file));
}
mkdirSync(join(target, "buf/validate"), { recursive: true });
writeFileSync(join(target, "buf/validate/validate.proto"), printProto(file_buf_validate_validate));
