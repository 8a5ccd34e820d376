import { isProblem, type LogLine, readLogLine } from "../output/log-line.ts";
import { exitFields, supervisorLine } from "../output/supervisor-line.ts";
import type { Environment } from "./environment.ts";
import { createSupervisedProcess, type SupervisedProcess } from "./supervised-process.ts";

/** The Node processes of a stack. */
export interface ProcessSet {
  find(name: string): SupervisedProcess | undefined;
  start(name: string, program: string, environment: Environment): SupervisedProcess;
  /** The last problem that a process reported, to say why it does not start. */
  lastProblem(name: string): string | undefined;
}

export interface ProcessSetOptions {
  readonly onLog: (line: LogLine) => void;
  /** A process has started or ended. */
  readonly onChange: () => void;
}

export function createProcessSet({ onLog, onChange }: ProcessSetOptions): ProcessSet {
  const processes = new Map<string, SupervisedProcess>();
  const problems = new Map<string, string>();

  const start: ProcessSet["start"] = (name, program, environment) => {
    const created = createSupervisedProcess({
      name,
      program,
      environment,
      onLine: (text) => {
        const line = readLogLine(name, text, new Date());
        if (isProblem(line)) problems.set(name, describe(line));
        onLog(line);
      },
      onStart: (pid, restarted) => {
        onChange();
        if (restarted) onLog(supervisorLine("warn", `${name} is started again`, { pid }));
      },
      onDeath: (exit, restartInMs) => {
        onChange();
        onLog(supervisorLine("error", `${name} died`, { ...exitFields(exit), restartInMs }));
      },
    });
    processes.set(name, created);
    created.start();
    return created;
  };
  return { find: (name) => processes.get(name), start, lastProblem: (name) => problems.get(name) };
}

function describe(line: LogLine): string {
  const fields = Object.entries(line.fields).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return [line.message, ...fields].join(" ");
}
