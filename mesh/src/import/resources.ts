// Kubernetes resources out of YAML: several documents in a file, lists, folders.
import { glob, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { LineCounter, parseAllDocuments } from "yaml";
import { z } from "zod";
import { UsageError } from "../exit-codes.ts";
import type { Path } from "../files/issues.ts";
import { MeshFilesError } from "../files/positioned.ts";
import { offsetAt } from "../files/yaml-offset.ts";
import { Part, type Place } from "./part.ts";

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** undefined: not written; the namespace into which it is applied. */
  readonly namespace: string | undefined;
  readonly spec: Part;
  readonly annotations: Readonly<Record<string, string>>;
  readonly place: Place;
}

/** `VirtualService shop/cart`. */
export const titleOf = ({ kind, namespace, name }: Resource): string =>
  `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;

const shape = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string().default(""),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
});

/**
 * @param paths files, and folders of which every .yaml, .yml and .json file is read
 * @throws MeshFilesError for files that are no YAML; UsageError for a folder without any
 */
export async function readResources(paths: readonly string[]): Promise<Resource[]> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  if (files.length === 0) throw new UsageError(`there is no .yaml, .yml or .json file in ${paths.join(", ")}`);
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, "utf8") })));
  return texts.flatMap(({ file, text }) => resourcesIn(text, relative(process.cwd(), file)));
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await Array.fromAsync(glob("**/*.{yaml,yml,json}", { cwd: path }));
  return names.sort().map((name) => join(path, name));
}

/** @param file how it is called in messages */
export function resourcesIn(text: string, file: string): Resource[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true });
  const errors = documents.flatMap((document) => document.errors);
  if (errors.length > 0) {
    throw new MeshFilesError(
      errors.map(({ pos, message }) => ({
        file,
        line: lines.linePos(pos[0]).line,
        field: "",
        message: message.split("\n")[0] ?? message,
      })),
    );
  }
  return documents.flatMap((document) => {
    const placeOf = (path: Path): Place => ({ file, line: lines.linePos(offsetAt(document.contents, path)).line });
    return fromValue(document.toJS(), [], placeOf);
  });
}

/** What is no resource (an empty document, a values file) is left aside. */
function fromValue(value: unknown, path: Path, placeOf: (path: Path) => Place): Resource[] {
  const list = z.looseObject({ kind: z.string().regex(/List$/), items: z.array(z.unknown()) }).safeParse(value);
  if (list.success)
    return list.data.items.flatMap((item, index) => fromValue(item, [...path, "items", index], placeOf));
  const parsed = shape.safeParse(value);
  if (!parsed.success) return [];
  const { apiVersion, kind, metadata, spec } = parsed.data;
  const reading = { placeOf: (below: Path) => placeOf([...path, ...below]), read: new Set<string>() };
  return [
    {
      apiVersion,
      kind,
      name: metadata.name,
      namespace: metadata.namespace,
      spec: new Part(spec ?? {}, ["spec"], reading),
      annotations: metadata.annotations ?? {},
      place: placeOf(path),
    },
  ];
}
