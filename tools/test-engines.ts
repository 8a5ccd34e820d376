// Runs the suites that need engines. Without what they need they are not run, which is said plainly, and is a failure
// where they are required (ORDERMESH_REQUIRE_ENGINES=1, as in CI).
import { spawn } from "node:child_process";
import { EngineError, installKafka } from "@ordermesh/engines/kafka";

async function prerequisites(): Promise<string | undefined> {
  try {
    await installKafka({ onProgress: (text) => console.log(`Kafka: ${text}`) });
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) return error.message;
    throw error;
  }
}

const missing = await prerequisites();
if (missing === undefined) {
  const args = ["vitest", "run", "--config", "vitest.engines.config.ts", ...process.argv.slice(2)];
  const tests = spawn("npx", args, { stdio: "inherit" });
  tests.once("exit", (code) => {
    process.exitCode = code ?? 1;
  });
} else if (process.env["ORDERMESH_REQUIRE_ENGINES"] === "1") {
  console.error(`The engines suites are required and cannot run: ${missing}`);
  process.exitCode = 1;
} else {
  console.log(`NOT RUN: all engines suites (Kafka). ${missing}`);
}
