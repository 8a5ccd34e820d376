// Exit codes, the same for every command, and the errors that stand for them.

export const exitCodes = {
  /** Done, and nothing was found. */
  ok: 0,
  /** Something was found: a finding, a difference, a limit that is passed, a proof that failed. */
  found: 1,
  /** Wrong arguments, or files that cannot be read. */
  usage: 2,
  /** Something that has to be installed first is missing. */
  missing: 3,
  /** The tool itself broke: please report it. */
  broken: 4,
} as const;

/** Arguments that cannot be right; ends with `exitCodes.usage`. */
export class UsageError extends Error {
  readonly code = "MESH_USAGE";
}
