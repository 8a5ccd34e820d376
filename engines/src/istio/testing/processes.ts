import { readdir, readFile, readlink } from "node:fs/promises";
import { join, sep } from "node:path";

/** The living processes that run in the folder or below it. Linux only, as Envoy's binary is. */
export async function processesIn(folder: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  return pids.filter((_, index) => `${places[index]}${sep}`.startsWith(`${folder}${sep}`));
}

/** The addresses ("127.0.0.1", "0.0.0.0", …) at which the processes listen for TCP, each once. */
export async function listeningAddresses(pids: readonly number[]): Promise<string[]> {
  const sockets = new Set((await Promise.all(pids.map(socketsOf))).flat());
  const tables = await Promise.all(["tcp", "tcp6"].map((table) => readFile(`/proc/net/${table}`, "utf8")));
  const addresses = tables
    .join("")
    .split("\n")
    .flatMap((line) => {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      return state === "0A" && sockets.has(inode) ? [addressOf(local.split(":")[0] ?? "")] : [];
    });
  return [...new Set(addresses)].sort();
}

async function socketsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => "")));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

/** IPv4 is written as one number of the machine's byte order; of IPv6 only the loopback is told by its name. */
function addressOf(hex: string): string {
  if (hex === "00000000000000000000000001000000") return "::1";
  return hex.length === 8 ? [...Buffer.from(hex, "hex")].reverse().join(".") : hex;
}
