import { createHash } from "node:crypto";
import type { RedisUser } from "./model.ts";

export interface RedisPlace {
  readonly port: number;
  readonly folder: string;
  readonly usersFile: string;
  readonly maxMemoryMb: number;
}

/** The text of a server's configuration file. */
export function configurationText({ port, folder, usersFile, maxMemoryMb }: RedisPlace): string {
  const settings = [
    ["bind", "127.0.0.1"],
    ["port", String(port)],
    ["dir", quoted(folder)],
    ["aclfile", quoted(usersFile)],
    // A user hears no channel that its own rules do not name.
    ["acl-pubsub-default", "resetchannels"],
    // A cluster has one only; who relies on it here keeps that way open.
    ["databases", "1"],
    // Nothing on disk: all that is held can be made again from what owns it.
    ["save", '""'],
    ["appendonly", "no"],
    ["maxmemory", `${maxMemoryMb}mb`],
    // The entries that end soonest are missed least. What has no end, such as the name of the index in force, stays.
    ["maxmemory-policy", "volatile-ttl"],
    ["daemonize", "no"],
    // Else it writes an address over its command line, by which a server left over from before is known again.
    ["set-proc-title", "no"],
    ["logfile", '""'],
    ["loglevel", "notice"],
  ];
  return `${settings.map((words) => words.join(" ")).join("\n")}\n`;
}

/** The text of a file of users, whose passwords cannot be read back from it. Who is not named does not get in. */
export function usersText(users: readonly RedisUser[]): string {
  const lines = users.map(({ name, password, rules }) => {
    const digest = createHash("sha256").update(password).digest("hex");
    return `user ${name} reset on #${digest} ${rules.join(" ")}`.trimEnd();
  });
  return `${["user default reset off", ...lines].join("\n")}\n`;
}

/** Throws RangeError that names all faults. */
export function checkUsers(users: readonly RedisUser[]): void {
  const faults = users.flatMap(({ name, password, rules }) => [
    ...(/^[\w.-]+$/.test(name) && name !== "default"
      ? []
      : [`name is ${JSON.stringify(name)}, but must be of letters, digits, ".", "_" and "-", and not "default"`]),
    ...(password === "" ? [`the password of ${name} is empty`] : []),
    ...rules
      .filter((rule) => !/^\S+$/.test(rule))
      .map((rule) => `a rule of ${name} is ${JSON.stringify(rule)}, but must be one word`),
  ]);
  const names = users.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is given twice`);
  const none = users.length === 0 ? ["there is none"] : [];
  const all = [...faults, ...twice, ...none];
  if (all.length > 0) throw new RangeError(`users of Redis: ${all.join("; ")}`);
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
