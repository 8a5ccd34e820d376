// Reads services and methods out of .proto files. Imports are not followed: nothing but the services is needed.
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import protobuf from "protobufjs";
import type { Catalog, Idempotency, Method, Service } from "../model/catalog.ts";
import { MeshFilesError } from "./positioned.ts";

const levels: Readonly<Record<string, Idempotency>> = {
  IDEMPOTENT: "idempotent",
  NO_SIDE_EFFECTS: "no-side-effects",
};

/**
 * @param folder searched for .proto files at any depth, `node_modules` and hidden folders apart
 * @throws MeshFilesError for a file that is no proto, and for a folder without any service
 */
export async function readProtos(folder: string): Promise<Catalog> {
  const services = new Map<string, Service>();
  for await (const name of glob("**/*.proto", { cwd: folder, exclude: skipped })) {
    const text = await readFile(join(folder, name), "utf8");
    for (const service of servicesIn(text, name)) services.set(service.name, service);
  }
  if (services.size === 0) {
    throw new MeshFilesError([{ file: folder, line: 1, field: "protos", message: "no .proto file with a service" }]);
  }
  return new Map([...services].sort(([a], [b]) => a.localeCompare(b)));
}

const skipped = (name: string): boolean => name === "node_modules" || name.startsWith(".");

/** The services of one proto file. */
export function servicesIn(text: string, file: string): Service[] {
  const root = parse(text, file);
  const lines = text.split("\n");
  const found: Service[] = [];
  const walk = (space: protobuf.NamespaceBase): void => {
    for (const nested of space.nestedArray) {
      if (nested instanceof protobuf.Service) found.push(serviceOf(nested, file, lines));
      else if (nested instanceof protobuf.Namespace) walk(nested);
    }
  };
  walk(root);
  return found;
}

function parse(text: string, file: string): protobuf.Root {
  try {
    return protobuf.parse(text, new protobuf.Root(), { keepCase: true }).root;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = Number(/line (\d+)/.exec(message)?.[1] ?? 1);
    throw new MeshFilesError([{ file, line, field: "", message }]);
  }
}

function serviceOf(service: protobuf.Service, file: string, lines: readonly string[]): Service {
  const name = service.fullName.replace(/^\./, "");
  const lineOf = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line)) + 1;
  const methods = service.methodsArray.map(
    (method): Method => ({
      service: name,
      name: method.name,
      path: `/${name}/${method.name}`,
      idempotency: levels[String(method.options?.["idempotency_level"])] ?? "unknown",
      streaming: streamingOf(method),
      http: Object.keys(method.options ?? {}).some((option) => option.startsWith("(google.api.http)")),
      file,
      line: lineOf(new RegExp(`^\\s*rpc\\s+${method.name}\\b`)),
    }),
  );
  return { name, file, line: lineOf(new RegExp(`^\\s*service\\s+${service.name}\\b`)), methods };
}

function streamingOf({ requestStream, responseStream }: protobuf.Method): Method["streaming"] {
  if (requestStream === true) return responseStream === true ? "bidi" : "client";
  return responseStream === true ? "server" : "unary";
}
