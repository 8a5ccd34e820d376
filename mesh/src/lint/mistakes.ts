// Real mistakes from public reports, each as a change of the cinema with the codes that catch it.
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { parsePositioned } from "../files/positioned.ts";

export const mistakesFolder = join(import.meta.dirname, "../../fixtures/mistakes");

const mistakeShape = z.strictObject({
  mistake: z.string(),
  source: z.url(),
  change: z.strictObject({
    mesh: z.looseObject({}).optional(),
    callers: z.looseObject({}).optional(),
    policies: z.record(z.string(), z.looseObject({}).nullable()).optional(),
    overlays: z.record(z.string(), z.looseObject({}).nullable()).optional(),
  }),
  expect: z.array(z.string().regex(/^MESH-\d{3}$/)).min(1),
});

export type Mistake = z.infer<typeof mistakeShape> & { readonly name: string };

/** All of them, by name. */
export function readMistakes(): Mistake[] {
  return globSync("*.yaml", { cwd: mistakesFolder })
    .sort()
    .map((file) => ({
      name: basename(file, ".yaml"),
      ...parsePositioned(readFileSync(join(mistakesFolder, file), "utf8"), file, mistakeShape).value,
    }));
}
