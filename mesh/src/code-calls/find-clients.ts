// Under which names the files of a workload keep clients of services.
import type { Catalog } from "../model/catalog.ts";
import { child, children, type Node, nameOf, type SourceFile, walk } from "./parse-source.ts";

/** Full names of services by the name under which a client of theirs is kept. */
export interface ClientNames {
  /** Names that hold in every file: properties, functions, types. */
  readonly everywhere: ReadonlyMap<string, ReadonlySet<string>>;
  /** Names of variables and parameters, by file. */
  readonly byFile: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
}

type Names = Map<string, Set<string>>;

/** Reads all files until no further name is found: a client may be passed on from name to name. */
export function collectClientNames(files: readonly SourceFile[], catalog: Catalog): ClientNames {
  const services = servicesBySimpleName(catalog);
  const everywhere: Names = new Map();
  const byFile = new Map<string, Names>(files.map(({ file }) => [file, new Map()]));
  let known = -1;
  const size = (): number => [everywhere, ...byFile.values()].reduce((sum, names) => sum + names.size, 0);
  while (size() > known) {
    known = size();
    for (const { file, program } of files) {
      const local = byFile.get(file) ?? new Map<string, Set<string>>();
      const servicesOf = (node: Node | undefined): readonly string[] => clientOf(node, services, everywhere, local);
      walk(program, (node) => note(node, servicesOf, everywhere, local));
    }
  }
  return { everywhere, byFile };
}

/** The services whose client an expression is. */
export function clientServices(expression: Node, names: ClientNames, file: string, catalog: Catalog): string[] {
  const local = names.byFile.get(file) ?? new Map<string, ReadonlySet<string>>();
  return [...clientOf(expression, servicesBySimpleName(catalog), names.everywhere, local)];
}

type Services = ReadonlyMap<string, readonly string[]>;
type Known = ReadonlyMap<string, ReadonlySet<string>>;

function servicesBySimpleName(catalog: Catalog): Services {
  const services = new Map<string, string[]>();
  for (const full of catalog.keys()) {
    const simple = full.slice(full.lastIndexOf(".") + 1);
    services.set(simple, [...(services.get(simple) ?? []), full]);
  }
  return services;
}

/** `createClient(SeatService, …)`, `new SeatServiceClient(…)`, or a name that is known already. */
function clientOf(node: Node | undefined, services: Services, everywhere: Known, local: Known): readonly string[] {
  if (node === undefined) return [];
  if (node.type === "CallExpression" && /^(create|make|new|get).*client$/i.test(nameOf(child(node, "callee")) ?? "")) {
    const made = children(node, "arguments").flatMap((argument) => services.get(nameOf(argument) ?? "") ?? []);
    if (made.length > 0) return made;
  }
  if (node.type === "NewExpression") return generated(nameOf(child(node, "callee")), services);
  const name = nameOf(node);
  return name === undefined ? [] : [...(local.get(name) ?? []), ...(everywhere.get(name) ?? [])];
}

/** A client class or type made from the protos: `SeatServiceClient`. */
const generated = (name: string | undefined, services: Services): readonly string[] =>
  name?.endsWith("Client") === true ? (services.get(name.slice(0, -"Client".length)) ?? []) : [];

function note(node: Node, servicesOf: (node: Node | undefined) => readonly string[], everywhere: Names, local: Names) {
  const typed = (annotated: Node | undefined): readonly string[] => {
    const annotation =
      child(child(annotated, "typeAnnotation"), "typeAnnotation") ?? child(annotated, "typeAnnotation");
    return annotation === undefined ? [] : clientType(annotation, servicesOf);
  };
  switch (node.type) {
    case "VariableDeclarator":
      add(local, nameOf(child(node, "id")), [...typed(child(node, "id")), ...servicesOf(child(node, "init"))]);
      break;
    case "Identifier":
      add(local, nameOf(node), typed(node));
      break;
    case "AssignmentExpression":
      add(everywhere, nameOf(child(node, "left")), servicesOf(child(node, "right")));
      break;
    case "TSPropertySignature":
      add(everywhere, nameOf(child(node, "key")), typed(node));
      break;
    case "ClassProperty":
    case "ClassPrivateProperty":
    case "ObjectProperty":
      add(everywhere, nameOf(child(node, "key")), [...typed(node), ...servicesOf(child(node, "value"))]);
      break;
    case "TSParameterProperty":
      add(everywhere, nameOf(child(node, "parameter")), typed(child(node, "parameter")));
      break;
    case "TSTypeAliasDeclaration":
      add(everywhere, nameOf(child(node, "id")), typed(node));
      break;
    case "FunctionDeclaration":
      add(
        everywhere,
        nameOf(child(node, "id")),
        clientType(child(child(node, "returnType"), "typeAnnotation"), servicesOf),
      );
      break;
    default:
  }
}

/** `Client<typeof SeatService>`, `SeatServiceClient`, an alias of them, or a promise of one. */
function clientType(
  type: Node | undefined,
  servicesOf: (node: Node | undefined) => readonly string[],
): readonly string[] {
  if (type === undefined) return [];
  if (type.type === "TSUnionType") return children(type, "types").flatMap((each) => clientType(each, servicesOf));
  if (type.type !== "TSTypeReference") return [];
  const name = child(type, "typeName");
  const parameters = children(child(type, "typeArguments") ?? child(type, "typeParameters"), "params");
  if (/^(Promise|Readonly|NonNullable)$/.test(nameOf(name) ?? "")) {
    return parameters.flatMap((each) => clientType(each, servicesOf));
  }
  const callee = { type: "Identifier", name: nameOf(name) ?? "" };
  const made = servicesOf({ type: "NewExpression", callee });
  const alias = servicesOf(callee);
  if (!/Client$/.test(nameOf(name) ?? "")) return alias;
  const queried = parameters
    .filter(({ type: kind }) => kind === "TSTypeQuery")
    .map((query) => child(query, "exprName"));
  const create = { type: "CallExpression", callee: { type: "Identifier", name: "createClient" }, arguments: queried };
  return [...made, ...alias, ...(queried.length > 0 ? servicesOf(create) : [])];
}

function add(names: Names, name: string | undefined, services: readonly string[]): void {
  if (name === undefined || services.length === 0) return;
  const known = names.get(name) ?? new Set<string>();
  for (const service of services) known.add(service);
  names.set(name, known);
}
