import { Listr, type ListrTask } from "listr2";
import type { RunPhase } from "../options.ts";

/**
 * Shows each step of the start as a line, with what it reports on the way where the output is a terminal. Steps that
 * begin together are shown together, as one list may draw on a terminal at a time, and end together.
 */
export function progressLines(stream: NodeJS.WriteStream): RunPhase {
  let begun: { readonly tasks: ListrTask[]; readonly shown: Promise<void> } | undefined;

  const begin = () => {
    const tasks: ListrTask[] = [];
    const shown = Promise.resolve().then(() => {
      begun = undefined;
      return show(tasks, stream);
    });
    return { tasks, shown };
  };

  return async <T>(title: string, work: (progress: (text: string) => void) => Promise<T>): Promise<T> => {
    const result = Promise.withResolvers<T>();
    begun ??= begin();
    begun.tasks.push({
      title,
      task: async (_, task) => {
        try {
          result.resolve(
            await work((text) => {
              if (stream.isTTY) task.title = `${title}: ${text}`;
            }),
          );
        } catch (error) {
          result.reject(error);
          throw new Error("see below"); // The message itself is shown once, at the end.
        }
      },
    });
    const { shown } = begun;
    result.promise.catch(() => undefined); // Reported below, when the list has been drawn to its end.
    await shown;
    return result.promise;
  };
}

async function show(tasks: ListrTask[], stream: NodeJS.WriteStream): Promise<void> {
  const list = new Listr(tasks, {
    concurrent: true,
    exitOnError: false,
    // Ctrl-C is ours: what was started has to be stopped.
    registerSignalListeners: false,
    renderer: stream.isTTY ? "default" : "simple",
    rendererOptions: { showErrorMessage: false },
  });
  await list.run();
}
