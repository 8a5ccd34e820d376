import { Listr } from "listr2";
import type { RunPhase } from "../options.ts";

/** Shows each step of the start as a line, with what it reports on the way where the output is a terminal. */
export function progressLines(stream: NodeJS.WriteStream): RunPhase {
  return async <T>(title: string, work: (progress: (text: string) => void) => Promise<T>): Promise<T> => {
    const outcome: { value?: T; error?: unknown } = {};
    const list = new Listr(
      [
        {
          title,
          task: async (_, task) => {
            try {
              outcome.value = await work((text) => {
                if (stream.isTTY) task.title = `${title}: ${text}`;
              });
            } catch (error) {
              outcome.error = error;
              throw new Error("see below"); // The message itself is shown once, at the end.
            }
          },
        },
      ],
      {
        // Ctrl-C is ours: what was started has to be stopped.
        registerSignalListeners: false,
        renderer: stream.isTTY ? "default" : "simple",
        rendererOptions: { showErrorMessage: false },
      },
    );
    await list.run().catch((error: unknown) => {
      throw outcome.error ?? error;
    });
    return outcome.value as T;
  };
}
