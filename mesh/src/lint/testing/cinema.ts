// The cinema of mesh/fixtures with some of it changed, in memory: what rules are tried on.
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse, stringify } from "yaml";
import { type CodeCalls, callsIn, codeFoldersOf, readCodeCalls } from "../../code-calls/code-calls.ts";
import { parseSource, type SourceFile } from "../../code-calls/parse-source.ts";
import { callersFileShape, meshFileShape } from "../../files/mesh-file.ts";
import { overlayFileShape, policyFileShape } from "../../files/policy-file.ts";
import { parsePositioned } from "../../files/positioned.ts";
import { servicesIn } from "../../files/read-protos.ts";
import type { Catalog } from "../../model/catalog.ts";
import { countFor, type Mesh, type ServicePolicy, workloadsOf } from "../../model/mesh.ts";
import type { LintInput } from "../finding.ts";

export const cinemaFolder = join(import.meta.dirname, "../../../fixtures/cinema");

/**
 * What is to be otherwise. Merged into the cinema's files key by key; `null` takes a key, or a whole file, away.
 */
export interface Change {
  readonly mesh?: object;
  readonly callers?: object;
  readonly policies?: Readonly<Record<string, object | null>>;
  readonly overlays?: Readonly<Record<string, object | null>>;
  /** Whole files, by name. */
  readonly protos?: Readonly<Record<string, string>>;
  /** All the sources of a workload: files by name. */
  readonly code?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Changed {
  /** One for each environment. */
  readonly inputs: readonly LintInput[];
  readonly lineOf: (file: string, line: number) => string;
}

/** @param change YAML, or what it stands for */
export async function cinemaWith(change: string | Change): Promise<Changed> {
  const {
    mesh = {},
    callers = {},
    policies = {},
    overlays = {},
    protos = {},
    code = {},
  }: Change = typeof change === "string" ? (parse(change) ?? {}) : change;
  const texts = new Map<string, string>();
  const write = (name: string, value: unknown): void => {
    if (value !== null) texts.set(name, stringify(value));
  };
  write("mesh.yaml", merged(read("mesh.yaml"), mesh));
  write("callers.yaml", merged(read("callers.yaml"), callers));
  for (const [folder, changes] of [["policies", policies] as const, ["overlays", overlays] as const]) {
    const files = globSync(`${folder}/*.yaml`, { cwd: cinemaFolder }).map((file) => basename(file, ".yaml"));
    for (const name of new Set([...files, ...Object.keys(changes)])) {
      const base = files.includes(name) ? read(`${folder}/${name}.yaml`) : {};
      write(`${folder}/${name}.yaml`, merged(base, changes[name]));
    }
  }
  const settings = parsePositioned(texts.get("mesh.yaml") ?? "", "mesh.yaml", meshFileShape);
  const parsedCallers = parsePositioned(texts.get("callers.yaml") ?? "", "callers.yaml", callersFileShape);
  const parsedPolicies = [...texts]
    .filter(([name]) => name.startsWith("policies/"))
    .map(([name, text]) => parsePositioned(text, name, policyFileShape));
  const catalog = catalogWith(protos);
  const meshes = settings.value.environments.map((environment): Mesh => {
    const overlayText = texts.get(`overlays/${environment}.yaml`);
    const overlay =
      overlayText === undefined
        ? undefined
        : parsePositioned(overlayText, `overlays/${environment}.yaml`, overlayFileShape);
    const services = parsedPolicies.map((policy): [string, ServicePolicy] => [
      policy.value.service,
      { policy, overlay, replicas: countFor(policy.value.replicas, environment) },
    ]);
    return {
      folder: cinemaFolder,
      environment,
      settings,
      callers: parsedCallers,
      catalog,
      services: new Map(services),
    };
  });
  const [first] = meshes;
  if (first === undefined) throw new Error("no environment");
  const codeCalls = withCode(await codeOf(first), code, first.catalog);
  return {
    inputs: meshes.map((each) => ({ mesh: each, codeCalls })),
    lineOf: (file, line) => (texts.get(file) ?? sourceText(code, file)).split("\n")[line - 1] ?? "",
  };
}

/** The sources are parsed once for all changes that name the same folders. */
const codeByFolders = new Map<string, Promise<CodeCalls>>();

function codeOf(mesh: Mesh): Promise<CodeCalls> {
  const folders = workloadsOf(mesh).map((workload) => [workload, codeFoldersOf(mesh, workload)]);
  const key = JSON.stringify([folders, [...mesh.catalog.keys()]]);
  const known = codeByFolders.get(key) ?? readCodeCalls(mesh);
  codeByFolders.set(key, known);
  return known;
}

const parsedFiles = new Map<string, unknown>();

function read(name: string): unknown {
  const known = parsedFiles.get(name) ?? parse(readFileSync(join(cinemaFolder, name), "utf8"));
  parsedFiles.set(name, known);
  return known;
}

function sourceText(code: NonNullable<Change["code"]>, file: string): string {
  for (const files of Object.values(code)) if (files[file] !== undefined) return files[file];
  return readFileSync(join(cinemaFolder, file), "utf8");
}

function merged(base: unknown, change: unknown): unknown {
  if (change === undefined) return base;
  if (!isRecord(base) || !isRecord(change)) return change;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete result[key];
    else result[key] = merged(base[key], value);
  }
  return result;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const servicesOfCinema = globSync("proto/**/*.proto", { cwd: cinemaFolder }).flatMap((file) =>
  servicesIn(readFileSync(join(cinemaFolder, file), "utf8"), file),
);

function catalogWith(changed: Readonly<Record<string, string>>): Catalog {
  const kept = servicesOfCinema.filter(({ file }) => !(file in changed));
  const services = [...kept, ...Object.entries(changed).flatMap(([file, text]) => servicesIn(text, file))];
  return new Map(services.map((service) => [service.name, service]));
}

function withCode(codeCalls: CodeCalls, changed: NonNullable<Change["code"]>, catalog: Catalog): CodeCalls {
  const workloads = codeCalls.workloads.map((code) => {
    const texts = changed[code.workload];
    if (texts === undefined) return code;
    const files = Object.entries(texts).map(([file, text]): SourceFile => {
      const parsed = parseSource(text, file);
      if ("message" in parsed) throw new Error(parsed.message);
      return parsed;
    });
    return { ...code, files: files.length, calls: callsIn(files, catalog) };
  });
  return { ...codeCalls, workloads };
}
