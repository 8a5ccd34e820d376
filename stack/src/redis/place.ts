import type { Killable } from "../processes/supervised-server.ts";
import type { ProgramName } from "../processes/topology.ts";

/** The Redis of a stack and how it is reached. */
export interface RedisPlace {
  readonly server: Killable;
  /** For tools, with all rights. */
  readonly toolsUrl: string;
  /** As the user of each program that uses it. */
  readonly programUrls: Readonly<Partial<Record<ProgramName, string>>>;
}
