import { z } from "zod";
import type { Finding } from "./model.ts";

const messagesShape = z.array(
  z.object({
    code: z.string(),
    level: z.enum(["Error", "Warning", "Info"]),
    message: z.string(),
    origin: z.string().optional(),
    reference: z.string().optional(),
  }),
);
const LEVELS = { Error: "error", Warning: "warning", Info: "info" } as const;

/**
 * Reads what `istioctl validate -f <file>` prints: warnings, then errors, a bullet each.
 * @returns nothing when the file is valid
 */
export function parseValidation(file: string, output: string): Finding[] {
  const findings: Finding[] = [];
  let level: Finding["level"] = "warning";
  for (const line of output.split("\n")) {
    if (line.startsWith("Error")) level = "error";
    const bullet = /^\t+\* (.*)$/.exec(line)?.[1];
    if (bullet === undefined) continue;
    const [, kind, name, message] = /^(\w+)\/([^:\s]*): (.*)$/.exec(bullet) ?? [];
    findings.push({
      ...{ source: "validate", level, code: undefined, file, line: undefined },
      resource: kind === undefined ? undefined : `${kind} ${name}`,
      message: message ?? bullet,
    });
  }
  return findings;
}

/**
 * Reads what `istioctl analyze -o json` prints. Files that it cannot read it only mentions on its standard error, and
 * then says that it found nothing: each of them is an error here.
 */
export function parseAnalysis({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): Finding[] {
  const unread = stderr.matchAll(/^\t+\* error processing (.+?)\[\d+\]: (.*)$/gm);
  // Its log goes to the same place.
  const begin = stdout.search(/^\[/m);
  const messages = messagesShape.parse(JSON.parse(begin === -1 ? stdout : stdout.slice(begin)));
  return [
    ...[...unread].map(
      ([, file, message = ""]): Finding => ({
        ...{ source: "analyze", level: "error", code: undefined, resource: undefined, line: undefined },
        ...{ file, message },
      }),
    ),
    ...messages.map(({ code, level, message, origin, reference }): Finding => {
      const [, file, line] = /^(.+):(\d+)$/.exec(reference ?? "") ?? [];
      return {
        ...{ source: "analyze", level: LEVELS[level], code, message, resource: origin, file: file ?? reference },
        line: line === undefined ? undefined : Number(line),
      };
    }),
  ];
}
