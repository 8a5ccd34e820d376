// A process for the specs of runService: its first argument says how it behaves.
import { createServer } from "node:net";
import { runService } from "./index.ts";

const behaviour = process.argv[2];

await runService("sample", async ({ logger, signal }) => {
  if (behaviour === "fails to start") throw new Error("no database");
  if (behaviour === "starts for ever") {
    logger.info("starting");
    await new Promise((_, reject) => {
      const keepAlive = setInterval(() => undefined, 1000);
      signal.addEventListener("abort", () => {
        clearInterval(keepAlive);
        reject(signal.reason);
      });
    });
  }
  const server = createServer().listen(0, "127.0.0.1");
  if (behaviour === "throws later") setTimeout(() => void Promise.reject(new Error("a bug")), 10);
  return {
    stop: async () => {
      if (behaviour === "never stops") await new Promise(() => undefined);
      if (behaviour === "fails to stop") throw new Error("cannot close");
      server.close();
    },
  };
});
