// Colours for terminals. node:util leaves them out where output is piped, and heeds NO_COLOR and FORCE_COLOR.
import { styleText } from "node:util";

/** What a colour means, rather than which it is. */
export type Tone = "good" | "bad" | "warning" | "faint" | "strong" | "name";

const formats = {
  good: "green",
  bad: "red",
  warning: "yellow",
  faint: "dim",
  strong: "bold",
  name: "cyan",
} as const;

/** @param stream where the text will be written; standard output where nothing is said */
export function paint(tone: Tone, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(formats[tone], text, { stream });
}
