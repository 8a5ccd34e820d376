// Writes what a command found, for people or for programs.

/**
 * @param found what `--json` prints: plain data, the same that the text shows
 * @param text made only when it is wanted
 */
export function printResult(json: boolean, found: unknown, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(found, undefined, 2) : text()}\n`);
}
