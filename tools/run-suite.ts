// Runs a suite that needs engines. Without what it needs it is not run, which is said plainly, and is a failure where
// it is required (ORDERMESH_REQUIRE_ENGINES=1, as in CI).
import { spawn } from "node:child_process";
import { installEnvoy } from "@ordermesh/engines/envoy";
import { installIstio } from "@ordermesh/engines/istio";
import { EngineError, installKafka } from "@ordermesh/engines/kafka";
import { findRedis } from "@ordermesh/engines/redis";

interface Suite {
  readonly title: string;
  /** Its vitest configuration. */
  readonly config: string;
  /** Finds or fetches what it needs. */
  readonly install: (onProgress: (text: string) => void) => Promise<unknown>;
}

const suites: Readonly<Record<string, Suite>> = {
  engines: {
    title: "Kafka and Redis",
    config: "vitest.engines.config.ts",
    install: async (onProgress) => {
      await findRedis();
      await installKafka({ onProgress });
    },
  },
  mesh: {
    title: "Envoy",
    config: "vitest.mesh.config.ts",
    install: (onProgress) => installEnvoy({ onProgress }),
  },
  istio: {
    title: "Istio",
    config: "vitest.istio.config.ts",
    install: async (onProgress) => {
      await installEnvoy({ onProgress });
      await installIstio({ onProgress });
    },
  },
};

const [name = "", ...rest] = process.argv.slice(2);
const suite = suites[name];
if (suite === undefined) {
  console.error(`There is no suite "${name}"; give one of ${Object.keys(suites).join(", ")}.`);
  process.exit(2);
}

async function missingFor({ title, install }: Suite): Promise<string | undefined> {
  try {
    await install((text) => console.log(`${title}: ${text}`));
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) return error.message;
    throw error;
  }
}

const missing = await missingFor(suite);
if (missing === undefined) {
  const tests = spawn("npx", ["vitest", "run", "--config", suite.config, ...rest], { stdio: "inherit" });
  tests.once("exit", (code) => {
    process.exitCode = code ?? 1;
  });
} else if (process.env["ORDERMESH_REQUIRE_ENGINES"] === "1") {
  console.error(`The suites on ${suite.title} are required and cannot run: ${missing}`);
  process.exitCode = 1;
} else {
  console.log(`NOT RUN: all suites on ${suite.title}. ${missing}`);
}
