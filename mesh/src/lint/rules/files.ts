// Findings that are made before or after the other rules: files that cannot be read, suppressions that match nothing.
import type { Rule } from "../finding.ts";

export const unreadableFile: Rule = {
  code: "MESH-001",
  severity: "error",
  title: "A file that cannot be read",
  why: "YAML that does not parse, a field that does not exist, a value outside what is allowed, a proto with a syntax error. Nothing else can be judged before it is mended. Editors show the same while typing: the first line of a policy names its JSON Schema.",
  wrong: "defaults: { timeout: 2 seconds, retry: { attempts: 2 } }",
  right:
    "# yaml-language-server: $schema=../schemas/policy.schema.json\ndefaults: { timeout: 2s, retries: { attempts: 2 } }",
  sources: [],
  // Told by whoever reads the files.
  check: () => [],
};

export const suppressionUnused: Rule = {
  code: "MESH-005",
  severity: "warning",
  title: "A suppression that matches nothing",
  why: "What it accepted is mended, or its code or method is misspelt. Left alone it will hide the next finding of its kind, for a reason that no longer holds.",
  wrong: "suppress: [{ code: MESH-071, method: ListSeat, reason: the seat map of the kiosk calls it }]",
  right: "suppress: [{ code: MESH-071, method: ListSeats, reason: the seat map of the kiosk calls it }]",
  sources: [],
  // Told by the runner, which alone knows what the others found.
  check: () => [],
};
