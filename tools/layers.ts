// The layers of the code base as data, and what breaks them.
import { readdirSync } from "node:fs";
import { join } from "node:path";

export interface SourceFile {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

interface LayerRule {
  readonly name: string;
  readonly files: RegExp;
  /** Import specifiers, or other source text, that the files must not contain. */
  readonly forbiddenImports?: RegExp;
  readonly forbiddenText?: RegExp;
}

const services = readdirSync(join(import.meta.dirname, "../services")).filter((name) => name !== "runtime");
const specs = /\.spec\.ts$/;

export const rules: readonly LayerRule[] = [
  ...services.map((service) => ({
    name: `${service} imports no other service, nor the gateway, stack or bench`,
    files: new RegExp(`^services/${service}/src/`),
    forbiddenImports: new RegExp(
      `^@ordermesh/(${[...services.filter((other) => other !== service), "gateway", "stack", "bench"].join("|")})(/|$)|(^|/)(services|gateway|stack|bench)/`,
    ),
  })),
  {
    name: "runtime imports no service",
    files: /^services\/runtime\/src\//,
    forbiddenImports: new RegExp(`^@ordermesh/(${[...services, "gateway", "stack", "bench"].join("|")})(/|$)`),
  },
  {
    name: "runtime knows no contract of a service, its tests apart",
    files: /^services\/runtime\/src\/(?!.*(\.spec|test-server)\.ts$)/,
    forbiddenImports: new RegExp(`^@ordermesh/proto/(${services.join("|")})$`),
  },
  {
    name: "gateway imports no service",
    files: /^gateway\/src\//,
    forbiddenImports: new RegExp(`^@ordermesh/(${[...services, "stack", "bench"].join("|")})(/|$)`),
  },
  {
    name: "engines import nothing of the platform",
    files: /^engines\/src\//,
    forbiddenImports: /^@ordermesh\//,
  },
  {
    name: "mesh knows nothing of orders: it imports no service, contract, gateway, stack or bench",
    files: /^mesh\/src\//,
    forbiddenImports: new RegExp(
      `^@ordermesh/(${[...services, "proto", "runtime", "gateway", "stack", "bench"].join("|")})(/|$)`,
    ),
  },
  {
    name: "domain imports no transport, database, runtime or Node module",
    files: /^services\/[^/]+\/src\/domain\//,
    forbiddenImports: /^(node:|@ordermesh\/|@connectrpc\/|@grpc\/|@prisma\/|@bufbuild\/|pg$|pino$)|^\.\.\//,
  },
  {
    name: "domain reads no clock and no chance",
    files: /^services\/[^/]+\/src\/domain\//,
    forbiddenText: /\b(Date\.now\(|new Date\(\)|performance\.now\(|setTimeout\(|setInterval\(|Math\.random\()/,
  },
  {
    name: "services reach the event log through its port, not a driver",
    files: /^(services\/(?!runtime\/)|gateway\/)[^/]+\/.*\.ts$/,
    forbiddenImports: /^kafkajs$|event-log\/(embedded|kafka)/,
  },
];

const importPattern = /(?:\bfrom\s+|\bimport\s+|\bimport\()["']([^"']+)["']/g;

/** Every break of a rule, as `path: rule (what)`. Specs of domain code may import the test runner. */
export function layerBreaks(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => rules.flatMap((rule) => breaksOf(file, rule)));
}

/** Rules that no file is held to, for what they speak of has moved, or is not looked at. */
export function idleRules(files: readonly SourceFile[]): string[] {
  return rules
    .filter((rule) => !files.some(({ path }) => rule.files.test(path)))
    .map(({ name }) => `no file is held to the rule: ${name}`);
}

function breaksOf({ path, text }: SourceFile, rule: LayerRule): string[] {
  if (!rule.files.test(path)) return [];
  const found: string[] = [];
  const { forbiddenImports, forbiddenText } = rule;
  if (forbiddenImports) {
    for (const [, specifier = ""] of text.matchAll(importPattern)) {
      if (forbiddenImports.test(specifier)) found.push(specifier);
    }
  }
  const match = forbiddenText && !specs.test(path) ? forbiddenText.exec(text) : null;
  if (match) found.push(match[0]);
  return found.map((what) => `${path}: ${rule.name} (${what})`);
}
