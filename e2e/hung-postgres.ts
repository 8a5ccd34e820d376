// A PostgreSQL server that hangs: it takes connections and answers nothing, as behind a network that swallows packets.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Stops the server with all its sessions. Returns a function that lets it go on; once more is a no-op. */
export async function hangPostgres(serverPid: number): Promise<() => void> {
  // The server first: from then on no session is added.
  process.kill(serverPid, "SIGSTOP");
  const pids = [serverPid, ...(await childrenOf(serverPid))];
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of pids) process.kill(pid, name);
  };
  signal("SIGSTOP");
  let hangs = true;
  return () => {
    if (hangs) signal("SIGCONT");
    hangs = false;
  };
}

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "ppid=,pid="]);
  const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([ppid, pid]) => (ppid === parent && pid !== undefined ? [pid] : []));
}
