// Runs all rules over a mesh in each of its environments, and tells each finding once.
import type { Finding, Found, LintInput, LintResult, Rule, SuppressedFinding } from "./finding.ts";
import { rules } from "./registry.ts";
import { suppressionUnused } from "./rules/files.ts";
import { accepts, type Suppression, suppressionsOf } from "./suppressions.ts";

interface Raw {
  readonly rule: Rule;
  readonly found: Found;
  readonly environment: string;
  readonly suppression: Suppression | undefined;
}

/**
 * @param inputs one for each environment
 * @param whole whether these are all environments of the mesh: only then is a suppression known to match nothing
 */
export function runRules(inputs: readonly LintInput[], whole = true): LintResult {
  const raws = inputs.flatMap((input) => runOn(input));
  const kept = raws.filter(({ suppression }) => suppression === undefined);
  const unused = whole ? inputs.flatMap((input) => unusedSuppressions(input, raws)) : [];
  return {
    findings: sorted(tellOnce([...kept, ...unused])),
    suppressed: sorted(
      [...Map.groupBy(raws, ({ suppression }) => suppression?.reason)].flatMap(
        ([reason, group]): SuppressedFinding[] =>
          reason === undefined ? [] : tellOnce(group).map((finding) => ({ ...finding, reason })),
      ),
    ),
    environments: inputs.map(({ mesh }) => mesh.environment),
  };
}

function runOn(input: LintInput): Raw[] {
  const suppressions = suppressionsOf(input.mesh);
  return rules.flatMap((rule) =>
    rule.check(input).map((found) => ({
      rule,
      found,
      environment: input.mesh.environment,
      suppression: suppressions.find((each) => accepts(each, rule.code, found, input.mesh.callers.file)),
    })),
  );
}

function unusedSuppressions({ mesh }: LintInput, raws: readonly Raw[]): Raw[] {
  return suppressionsOf(mesh)
    .filter(
      ({ place }) => !raws.some(({ suppression }) => suppression !== undefined && isSame(suppression.place, place)),
    )
    .map(({ code, method, service, place }) => ({
      rule: suppressionUnused,
      environment: mesh.environment,
      suppression: undefined,
      found: {
        ...place,
        ...(service !== undefined && { service }),
        message: `there is no finding ${code}${method === undefined ? "" : ` of ${method}`} to suppress`,
        fix: "take the suppression away",
      },
    }));
}

const isSame = (one: Suppression["place"], two: Suppression["place"]): boolean =>
  one.file === two.file && one.line === two.line;

/** Puts together what differs by method or environment only. */
function tellOnce(raws: readonly Raw[]): Finding[] {
  const sayings = Map.groupBy(raws, ({ rule, found, environment }) =>
    JSON.stringify([
      rule.code,
      found.file,
      found.line,
      found.service,
      found.caller,
      found.message,
      found.fix,
      environment,
    ]),
  );
  const perEnvironment = [...sayings.values()].map((group): Finding => {
    const { rule, found, environment } = group[0] as Raw;
    const { file, line, service, caller, message, fix } = found;
    const methods = [...new Set(group.flatMap((raw) => raw.found.method ?? []))];
    return {
      code: rule.code,
      severity: rule.severity,
      file,
      line,
      ...(service !== undefined && { service }),
      ...(caller !== undefined && { caller }),
      methods,
      message,
      fix,
      environments: [environment],
    };
  });
  const findings = Map.groupBy(perEnvironment, ({ environments: _, ...finding }) => JSON.stringify(finding));
  return [...findings.values()].map((group): Finding => {
    const environments = group.flatMap((finding) => finding.environments);
    return { ...(group[0] as Finding), environments };
  });
}

const sorted = <T extends Finding>(findings: readonly T[]): T[] =>
  findings.toSorted(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.code.localeCompare(b.code) || compareMethods(a, b),
  );

const compareMethods = (a: Finding, b: Finding): number => a.methods.join().localeCompare(b.methods.join());
