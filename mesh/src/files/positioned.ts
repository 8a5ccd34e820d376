// Reads a YAML file into a checked value whose every part knows its line.
import { readFile } from "node:fs/promises";
import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import type { Source } from "../model/source.ts";
import { flattenIssues, type Path } from "./issues.ts";
import { offsetAt } from "./yaml-offset.ts";

/** A value read from a file. */
export interface Positioned<T> {
  readonly value: T;
  /** Relative to the mesh folder. */
  readonly file: string;
  /** Where the path, or the nearest part above it that the file has, is written. */
  at(path: Path): Source & { readonly kind: "file" };
}

/** One fault of a file that cannot be read. */
export interface FileFault {
  readonly file: string;
  readonly line: number;
  /** `ejection.max`, or empty for the whole file. */
  readonly field: string;
  readonly message: string;
}

/** Files that are not what they should be; all faults of a file at once. */
export class MeshFilesError extends Error {
  readonly code = "MESH_FILES_INVALID";
  readonly faults: readonly FileFault[];
  constructor(faults: readonly FileFault[]) {
    super(faults.map(describeFault).join("\n"));
    this.name = "MeshFilesError";
    this.faults = faults;
  }
}

const describeFault = ({ file, line, field, message }: FileFault): string =>
  `${file}:${line}: ${field === "" ? "" : `${field}: `}${message}`;

/**
 * @param name how the file is called in messages
 * @throws MeshFilesError with every fault of the file: YAML syntax, unknown fields, wrong values
 */
export async function readPositioned<S extends z.ZodType>(
  path: string,
  name: string,
  shape: S,
): Promise<Positioned<z.output<S>>> {
  return parsePositioned(await readText(path, name), name, shape);
}

async function readText(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new MeshFilesError([{ file: name, line: 1, field: "", message }]);
  }
}

/** As readPositioned, from text. */
export function parsePositioned<S extends z.ZodType>(text: string, name: string, shape: S): Positioned<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new MeshFilesError(
      document.errors.map(({ pos, message }) => ({
        file: name,
        line: lines.linePos(pos[0]).line,
        field: "",
        message: message.split("\n")[0] ?? message,
      })),
    );
  }
  const lineAt = (path: Path): number => lines.linePos(offsetAt(document.contents, path)).line;
  const parsed = shape.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (!parsed.success) throw new MeshFilesError(faultsOf(parsed.error, name, lineAt));
  return {
    value: parsed.data,
    file: name,
    at: (path) => ({ kind: "file", file: name, line: lineAt(path) }),
  };
}

function faultsOf(error: z.ZodError, file: string, lineAt: (path: Path) => number): FileFault[] {
  return flattenIssues(error.issues, []).map(({ path, message }) => ({
    file,
    line: lineAt(path),
    field: path.join("."),
    message,
  }));
}
