// Generates all code that is generated: TypeScript from our protos, and each service's Prisma client.
import { execFileSync } from "node:child_process";
import { existsSync, globSync, rmSync } from "node:fs";
import { dirname } from "node:path";

const run = (command: string, args: readonly string[], cwd = ".", env: Record<string, string> = {}): void => {
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
};

run("node", ["tools/gather-protos.ts"]);
run("buf", ["generate"]);
// protovalidate ships its own generated code, and ours imports that.
rmSync("proto/gen/buf", { recursive: true, force: true });

// Generating needs no schema engine, and Prisma's download host may be out of reach.
const prismaEnv = {
  PRISMA_SCHEMA_ENGINE_BINARY: existsSync("/bin/true") ? "/bin/true" : process.execPath,
  CHECKPOINT_DISABLE: "1",
};
for (const schema of globSync("services/*/prisma/schema.prisma")) {
  run("prisma", ["generate"], dirname(dirname(schema)), prismaEnv);
}
