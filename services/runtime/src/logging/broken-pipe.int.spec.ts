import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";

const program = `
  import { createLogger } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
  const logger = createLogger({ name: "spec", instance: "spec-1" });
  logger.info("ready");
  process.stdin.once("data", () => {
    for (let line = 0; line < 1000; line++) logger.info({ line, text: "x".repeat(1000) }, "nobody reads this");
    logger.fatal("nor this");
    process.exit(7);
  });`;

describe("a logger whose reader is gone", () => {
  it("lets its process go on and end", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.stdout.destroy();
    await once(child.stdout, "close");
    child.stdin.write("go\n");
    const [code] = await once(child, "exit");
    expect(code).toBe(7);
  });

  it("lets its process go on and end when the reader has stopped reading", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.stdout.pause();
    child.stdin.write("go\n");
    // More than the pipe holds was written; only now does the reader go.
    setImmediate(() => child.stdout.destroy());
    const [code] = await once(child, "exit");
    expect(code).toBe(7);
  });
});
