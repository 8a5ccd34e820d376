import { z } from "zod";
import { ConfigError, readConfig, serviceConfigShape } from "../config/index.ts";
import { createLogger, type Logger } from "../logging/index.ts";

/** A service that is up. `stop` finishes what is in flight, closes what was opened, and then resolves. */
export interface RunningService {
  stop(): Promise<void>;
}

/** What a service gets to start with. `signal` aborts when the process is told to stop while it still starts. */
export interface StartOptions {
  logger: Logger;
  signal: AbortSignal;
}

const processConfig = z.object({
  ORDERMESH_INSTANCE: serviceConfigShape.ORDERMESH_INSTANCE.optional(),
  ORDERMESH_LOG_LEVEL: serviceConfigShape.ORDERMESH_LOG_LEVEL,
  ORDERMESH_SHUTDOWN_TIMEOUT_MS: serviceConfigShape.ORDERMESH_SHUTDOWN_TIMEOUT_MS,
});

/**
 * Runs a service as this process: the whole of main.ts.
 *
 * SIGTERM, SIGINT, or the loss of the parent's IPC channel (when there is one) stops it: exit code 0 when it stopped
 * within ORDERMESH_SHUTDOWN_TIMEOUT_MS, else 1. A fault at the start, an uncaught exception or an unhandled rejection
 * is logged and exits with 1; durable state has to survive that, as it has to survive SIGKILL.
 */
export async function runService(
  name: string,
  start: (options: StartOptions) => Promise<RunningService>,
): Promise<void> {
  const config = orExit(name, () => readConfig(processConfig));
  const logger = createLogger({
    name,
    instance: config.ORDERMESH_INSTANCE ?? name,
    level: config.ORDERMESH_LOG_LEVEL,
  });
  const starting = new AbortController();
  const fail = (message: string) => (error: unknown) => {
    logger.fatal({ err: error }, message);
    process.exit(1);
  };
  process.on("uncaughtException", fail("uncaught exception"));
  process.on("unhandledRejection", fail("unhandled rejection"));

  let service: Promise<RunningService> | undefined;
  let stopping = false;
  const stop = async (reason: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ reason }, "stopping");
    starting.abort(new Error(`told to stop: ${reason}`));
    const timeoutMs = config.ORDERMESH_SHUTDOWN_TIMEOUT_MS;
    setTimeout(() => {
      logger.error({ timeoutMs }, "did not stop in time");
      process.exit(1);
    }, timeoutMs).unref();
    try {
      const running = await service?.catch((error: unknown) => {
        logger.info({ err: error }, "stopped while starting");
        return undefined;
      });
      await running?.stop();
      logger.info("stopped");
      process.exit(0);
    } catch (error) {
      fail("stopping failed")(error);
    }
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal));
  if (process.connected) process.once("disconnect", () => void stop("parent left"));

  try {
    service = start({ logger, signal: starting.signal });
    await service;
    logger.info("started");
  } catch (error) {
    if (stopping) return;
    if (error instanceof ConfigError) logger.fatal({ faults: error.faults }, "configuration is not valid");
    else logger.fatal({ err: error }, "could not start");
    process.exit(1);
  }
}

function orExit<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createLogger({ name, instance: name }).fatal({ faults: error.faults }, "configuration is not valid");
    return process.exit(1);
  }
}
