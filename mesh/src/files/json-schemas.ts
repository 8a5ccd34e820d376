// Writes schemas/*.schema.json from the shapes of the files, for completion in editors; with --check it fails when they differ.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";
import { scenarioShape } from "../scenario/scenario-file.ts";
import { callersFileShape, meshFileShape } from "./mesh-file.ts";
import { overlayFileShape, policyFileShape } from "./policy-file.ts";

const schemas: Readonly<Record<string, { readonly shape: z.ZodType; readonly about: string }>> = {
  callers: { shape: callersFileShape, about: "Who may call what." },
  mesh: { shape: meshFileShape, about: "The mesh as a whole." },
  overlay: { shape: overlayFileShape, about: "What is different in one environment." },
  policy: { shape: policyFileShape, about: "How one service is called." },
  scenario: { shape: scenarioShape, about: "A load, and what goes wrong meanwhile." },
};

/** Every schema as the text of its file, by file name. */
export function schemaTexts(): Map<string, string> {
  return new Map(
    Object.entries(schemas).map(([name, { shape, about }]) => {
      // What people write: before defaults are filled in and durations are turned into milliseconds.
      const { $schema, ...schema } = z.toJSONSchema(shape, { io: "input", unrepresentable: "throw" });
      const titled = { $schema, title: `${name}.yaml`, description: about, ...schema };
      return [`${name}.schema.json`, `${formatJson(titled)}\n`];
    }),
  );
}

const lineWidth = 120;

/** As the project's formatter has it: an array on one line where it fits, an object always on several. */
function formatJson(value: unknown, indent = "", before = 0): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => formatJson(item, inner));
    const line = `[${items.join(", ")}]`;
    if (!line.includes("\n") && indent.length + before + line.length + 1 <= lineWidth) return line;
    return `[\n${items.map((item) => inner + item).join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value).map(([key, item]) => {
    const name = `${JSON.stringify(key)}: `;
    return `${inner}${name}${formatJson(item, inner, name.length)}`;
  });
  return entries.length === 0 ? "{}" : `{\n${entries.join(",\n")}\n${indent}}`;
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, "../../schemas");
  const shown = relative(process.cwd(), folder);
  mkdirSync(folder, { recursive: true });
  const texts = schemaTexts();
  if (process.argv.includes("--check")) {
    const differing = [...texts].filter(([name, text]) => readText(join(folder, name)) !== text).map(([name]) => name);
    console.log(
      differing.length === 0
        ? `${shown}: ${texts.size} schemas, true`
        : `${shown}: ${differing.join(", ")} differ from the shapes; write them with node mesh/src/files/json-schemas.ts`,
    );
    process.exitCode = differing.length === 0 ? 0 : 1;
  } else {
    for (const [name, text] of texts) writeFileSync(join(folder, name), text);
    console.log(`${shown}: ${texts.size} schemas`);
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
