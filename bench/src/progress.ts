// Progress on one line of a terminal, and nothing where there is none.

export interface Progress {
  /** Replaces what the line says. */
  show(text: string): void;
  /** Clears the line; call it before anything else is printed. */
  clear(): void;
  /** Prints a line that stays. */
  say(line: string): void;
}

const clearLine = "\r\u001b[2K";

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const clear = (): void => {
    if (stream.isTTY) stream.write(clearLine);
  };
  return {
    show: (text) => {
      if (stream.isTTY) stream.write(clearLine + text.slice(0, (stream.columns ?? 80) - 1));
    },
    clear,
    say: (line) => {
      clear();
      stream.write(`${line}\n`);
    },
  };
}
