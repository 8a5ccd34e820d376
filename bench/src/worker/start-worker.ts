// A process of its own for work that must not share the CPU accounting, or the event loop, of this one.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Worker<Question, Answer> {
  readonly pid: number;
  /** Asks; one question at a time. Rejects when the process ends before it has answered. */
  ask(question: Question): Promise<Answer>;
  /** Lets go of the process and waits until it has ended. */
  end(): Promise<void>;
}

/** Runs a file that calls `answerParent`. What it prints goes to standard error, since reports go to standard output. */
export function startWorker<Question extends object, Answer>(file: URL): Worker<Question, Answer> {
  const child = fork(fileURLToPath(file), { stdio: ["ignore", process.stderr, "inherit", "ipc"] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file.pathname} has no process`);
  const exited = once(child, "exit");
  return {
    pid,
    ask: async (question) => {
      const heard = new AbortController();
      const answer = once(child, "message", heard).then(([message]) => message as Answer);
      const ended = exited.then(([code]) => {
        throw new Error(`process ${pid} ended with exit code ${code} before it answered`);
      });
      child.send(question);
      try {
        return await Promise.race([answer, ended]);
      } finally {
        answer.catch(() => undefined); // Given up below; the race has told the caller why.
        ended.catch(() => undefined); // The process may end long after its answer.
        heard.abort();
      }
    },
    end: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
