import { checkEventLogKind, rememberEventLogKind } from "./data-folder/event-log-kind.ts";
import { openDataFolder } from "./data-folder/folder.ts";
import { issueTokens, prepareIdentity } from "./data-folder/identity.ts";
import { loadSecrets } from "./data-folder/secrets.ts";
import { kafkaUsers } from "./kafka/users.ts";
import { planMesh, startMesh } from "./mesh/start-mesh.ts";
import type { RunPhase, StackOptions } from "./options.ts";
import type { LogLine } from "./output/log-line.ts";
import { supervisorLine } from "./output/supervisor-line.ts";
import { findProcess, type Platform, stateOf } from "./platform.ts";
import { roleNames } from "./processes/databases.ts";
import { checkPort } from "./processes/ports.ts";
import { createProcessSet } from "./processes/process-set.ts";
import { planTopology } from "./processes/topology.ts";
import { redisUsers } from "./redis/users.ts";
import { chooseShardCount, rememberShardCount } from "./shards/shard-count.ts";
import { furtherShards } from "./shards/shard-names.ts";
import { startEngines } from "./start-engines.ts";
import { environmentsOf, fillCatalogue, startPrograms, waitForPrograms } from "./start-programs.ts";
import type { StackState } from "./state.ts";
import { createStateKeeper, type StateKeeper } from "./state-keeper.ts";

/** A stack that serves. */
export interface Stack {
  /** What stack.json says. */
  state(): StackState;
  /** Sends a signal to a process by its name, such as "order-1", "redis" or "postgres-shard-2"; false when it is not running. */
  kill(name: string, signal: NodeJS.Signals): boolean;
  /** Kills a process and keeps it down until `release`, as on a machine that is off; false when it is not running. */
  hold(name: string): boolean;
  release(name: string): void;
  /** Stops everything in order: gateway, services, Redis, Kafka, PostgreSQL. */
  stop(): Promise<void>;
}

const TOKEN_RENEWAL_MS = 24 * 60 * 60 * 1000;

/** Starts the whole platform on the data folder and resolves when it serves. Leaves nothing running when it rejects. */
export async function startStack(options: StackOptions): Promise<Stack> {
  // Undone in reverse, whatever was reached.
  await using cleanUp = new AsyncDisposableStack();
  let stopping = false;
  let keeper: StateKeeper | undefined;
  const onChange = (): void => keeper?.changed();
  const onLog = (line: LogLine): void => {
    // What the processes say while they are stopped on purpose would read as trouble.
    if (!stopping) options.onLog?.(line);
  };
  const phase: RunPhase = async (title, work) => {
    try {
      options.signal?.throwIfAborted();
      return await (options.runPhase === undefined ? work(() => undefined) : options.runPhase(title, work));
    } catch (error) {
      stopping = true;
      throw error;
    }
  };

  const { eventLog } = options;
  const kind = eventLog?.kind ?? "embedded";
  const mesh = options.mesh === true ? await planMesh(phase, options.signal) : undefined;
  const prepared = await phase("Data folder", async () => {
    const folder = await openDataFolder(options.dataDir);
    cleanUp.defer(() => folder.release());
    const { layout } = folder;
    await checkEventLogKind(layout, kind);
    const shards = await chooseShardCount(layout, options.shards);
    await checkPort(options.port);
    const { port, replicas = {}, redis = false } = options;
    const brokers = eventLog?.kind === "kafka" ? eventLog.brokers : 0;
    const [topology, secrets] = await Promise.all([
      planTopology({ port, replicas, shards, brokers, redis, upstreams: mesh?.upstreams }),
      loadSecrets(layout, {
        roles: roleNames,
        shards: furtherShards(shards),
        kafka: kind === "kafka" ? kafkaUsers : [],
        redis: redis ? redisUsers : [],
      }),
      prepareIdentity(layout),
    ]);
    return { layout, topology, secrets, shards, startedAt: new Date() };
  });
  const { layout } = prepared;
  let tokens = await issueTokens(layout.root);
  const processes = createProcessSet({ onLog, onChange });
  const engines = await startEngines({ ...prepared, phase, onLog, onChange }, options, cleanUp);
  const sidecars = await startMesh(mesh, { ...prepared, phase, onLog, onChange }, cleanUp);
  const environments = environmentsOf({ ...prepared, ...engines }, options.env);
  const platform: Platform = { ...prepared, ...engines, environments, processes, sidecars };
  await rememberEventLogKind(layout, kind);
  await rememberShardCount(layout, prepared.shards);
  await phase("Services", (progress) =>
    waitForPrograms(startPrograms(platform, options, cleanUp), platform, options, progress),
  );
  await phase("Catalogue", (progress) => fillCatalogue(platform, tokens, options, progress));
  options.signal?.throwIfAborted();

  const report = (error: unknown): void =>
    onLog(supervisorLine("error", "stack.json: cannot be written", { error: String(error) }));
  keeper = createStateKeeper(layout, () => stateOf(platform, tokens), report);
  cleanUp.defer(() => keeper?.withdraw());
  await keeper.publish();
  const renewal = setInterval(() => {
    issueTokens(layout.root).then((renewed) => {
      tokens = renewed;
      onChange();
    }, report);
  }, TOKEN_RENEWAL_MS).unref();
  cleanUp.defer(() => clearInterval(renewal));

  const kept = cleanUp.move();
  let stopped: Promise<void> | undefined;
  return {
    state: () => stateOf(platform, tokens),
    kill: (name, signal) => findProcess(platform, name)?.kill(signal) ?? false,
    hold: (name) => findProcess(platform, name)?.hold() ?? false,
    release: (name) => findProcess(platform, name)?.release(),
    stop: () => {
      stopping = true;
      stopped ??= kept.disposeAsync();
      return stopped;
    },
  };
}
