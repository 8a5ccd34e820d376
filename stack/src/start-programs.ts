import { CATALOGUE_SIZE } from "./catalogue/items.ts";
import { seedCatalogue } from "./catalogue/seed.ts";
import type { Tokens } from "./data-folder/identity.ts";
import { readJsonFile, writePrivateFile } from "./data-folder/private-file.ts";
import type { StackOptions } from "./options.ts";
import type { Platform } from "./platform.ts";
import { databaseUrls } from "./processes/databases.ts";
import { type Environment, gatewayEnvironment, serviceEnvironment } from "./processes/environment.ts";
import { NotReadyError, type ReadinessTarget, waitUntilReady } from "./processes/ready.ts";
import type { SupervisedProcess } from "./processes/supervised-process.ts";
import { addressesOf, type ProgramName, programs as realPrograms } from "./processes/topology.ts";
import { UserError } from "./user-error.ts";

const STOP_TIMEOUT_MS = 12_000;
const READY_TIMEOUT_MS = 60_000;

/** The variables of every process, by its name. `over` are those that all of them get whatever is computed. */
export function environmentsOf(
  platform: Pick<Platform, "layout" | "topology" | "secrets" | "databases" | "eventLog" | "redis">,
  over: Environment = {},
): Readonly<Record<string, Environment>> {
  const { layout, topology, secrets, eventLog, redis } = platform;
  const databases = databaseUrls(platform.databases, "socketUrl", secrets);
  const redisUrls = redis?.programUrls ?? {};
  const inputs = { layout, topology, databases, eventLogUrl: eventLog.processUrls, redisUrls };
  const services = topology.services.map((one) => [one.name, { ...serviceEnvironment(inputs, one), ...over }] as const);
  const gateway = { ...gatewayEnvironment(inputs), ...over };
  return { ...Object.fromEntries(services), [topology.gateway.name]: gateway };
}

/** Starts the services and the gateway at once. They are stopped in the other order: the gateway first. */
export function startPrograms(
  platform: Platform,
  options: StackOptions,
  cleanUp: AsyncDisposableStack,
): ReadinessTarget[] {
  const { topology, processes, environments } = platform;
  const programs = { ...realPrograms, ...options.programs };
  const start = (name: string, program: ProgramName): SupervisedProcess =>
    processes.start(name, programs[program], environments[name] ?? {});
  const services = topology.services.map(({ name, service, health }) => ({ process: start(name, service), health }));
  cleanUp.defer(async () => {
    await Promise.all(services.map((target) => target.process.stop(STOP_TIMEOUT_MS)));
  });
  const gateway = start(topology.gateway.name, "gateway");
  cleanUp.defer(() => gateway.stop(STOP_TIMEOUT_MS));
  return [...services, { process: gateway, health: topology.gateway.health }];
}

/** Waits until all are ready; says of one that is not what it last complained of. */
export async function waitForPrograms(
  targets: readonly ReadinessTarget[],
  platform: Platform,
  options: StackOptions,
  progress: (text: string) => void,
): Promise<void> {
  try {
    await waitUntilReady(targets, {
      timeoutMs: options.readyTimeoutMs ?? READY_TIMEOUT_MS,
      signal: options.signal ?? new AbortController().signal,
      onReady: (ready, total) => progress(`${ready} of ${total}`),
    });
  } catch (cause) {
    if (!(cause instanceof NotReadyError)) throw cause;
    const reasons = cause.processes.map(
      (name) => `${name}: ${platform.processes.lastProblem(name) ?? "it said nothing"}`,
    );
    throw new UserError("NOT_READY", [cause.message, ...reasons].join("\n  "), { cause });
  }
}

/** Puts the catalogue in at the first start. Returns false when it is there. */
export async function fillCatalogue(
  platform: Platform,
  tokens: Tokens,
  options: StackOptions,
  progress: (text: string) => void,
): Promise<void> {
  const count = options.catalogue ?? CATALOGUE_SIZE;
  const filled = (await readJsonFile(platform.layout.seeded)) as { items: number } | undefined;
  if (filled !== undefined || count === 0) return progress(filled === undefined ? "left out" : "is there");
  await seedCatalogue({
    addresses: addressesOf(platform.topology, "inventory").split(","),
    operatorToken: tokens.operator,
    count,
    signal: options.signal ?? new AbortController().signal,
    onProgress: (done, total) => progress(`${done} of ${total} items`),
  });
  await writePrivateFile(platform.layout.seeded, JSON.stringify({ items: count }));
}
