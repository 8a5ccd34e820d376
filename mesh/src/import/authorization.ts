// Who may call what by AuthorizationPolicies. What a rule says beyond identities and paths cannot be kept: such a rule is
// left out whole, so that nothing is allowed that was not.
import type { Method } from "../model/catalog.ts";
import type { Losses } from "./loss.ts";
import type { Part } from "./part.ts";
import type { Resource } from "./resources.ts";
import { includes, textsOf, type Workload } from "./workloads.ts";

export interface Identity {
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** Identities that a rule lets call: these, or every one of those known (`pattern` says which). */
export type Callers =
  | { readonly kind: "exact"; readonly identity: Identity; readonly part: Part }
  | { readonly kind: "pattern"; readonly matches: (principal: string) => boolean; readonly part: Part };

export interface ImportedRule {
  readonly from: readonly Callers[];
  readonly allows: (path: string) => boolean;
  /** Paths as they are written: they tell which service the workload serves. */
  readonly paths: readonly string[];
}

export interface ImportedPolicy {
  readonly resource: Resource;
  readonly selector: Readonly<Record<string, string>>;
  readonly rules: readonly ImportedRule[];
}

/** The ALLOW policies; others are named as lost, and so is what they do. */
export function allowPolicies(resources: readonly Resource[], losses: Losses): ImportedPolicy[] {
  return resources.flatMap((resource): ImportedPolicy[] => {
    const { spec } = resource;
    if (resource.annotations["istio.io/dry-run"] === "true") {
      losses.note(`AuthorizationPolicy ${resource.name} is a dry run: it decides nothing, and is left out`);
      return [];
    }
    const action = spec.text("action") ?? "ALLOW";
    if (action !== "ALLOW") {
      const lost = action === "DENY" ? "what it denies is allowed where another policy allows it" : "it is not asked";
      losses.whole(resource, `${action}: ${lost}`);
      return [];
    }
    for (const key of ["targetRef", "targetRefs"]) {
      if (spec.has(key)) {
        losses.whole(resource, "it is for a waypoint or a gateway, not for sidecars");
        return [];
      }
    }
    const selector = textsOf(spec.map("selector")?.map("matchLabels"));
    const rules = spec.list("rules").flatMap((rule) => ruleOf(resource, rule, losses));
    losses.unread(resource, spec);
    return [{ resource, selector, rules }];
  });
}

/** Those that are in force at a workload: of its namespace or of Istio's own, and selecting its pods. */
export const policiesOf = (policies: readonly ImportedPolicy[], { labels }: Workload): ImportedPolicy[] =>
  policies.filter(({ selector }) => includes(labels, selector));

function ruleOf(resource: Resource, rule: Part, losses: Losses): ImportedRule[] {
  const leftOut = (part: Part, why: string): [] => {
    losses.part(resource, part, `${why}; the rule is left out, and what it allows is denied`);
    for (const key of ["from", "to", "when"]) rule.ignore(key);
    return [];
  };
  const [condition] = rule.list("when");
  if (condition !== undefined) return leftOut(rule.peek("when"), "a condition is not part of callers.yaml");
  const operations: Operation[] = [];
  for (const to of rule.list("to")) {
    const operation = to.map("operation");
    if (operation === undefined) continue;
    const read = operationOf(operation);
    if (!("reads" in read)) return leftOut(read, `${read.field.split(".").at(-1)} is not part of callers.yaml`);
    operations.push(read);
  }
  const callers: Callers[] = [];
  for (const from of rule.list("from")) {
    const source = from.map("source");
    if (source === undefined) continue;
    callers.push(...callersOf(source, resource.namespace));
    const [rest] = source.unread();
    if (rest !== undefined) return leftOut(rest, `${rest.field.split(".").at(-1)} is not part of callers.yaml`);
  }
  if (!rule.has("from")) callers.push({ kind: "pattern", matches: () => true, part: rule });
  const everywhere = !rule.has("to");
  return [
    {
      from: callers,
      allows: (path) => everywhere || operations.some((operation) => operation.reads(path)),
      paths: operations.flatMap(({ paths }) => paths),
    },
  ];
}

interface Operation {
  readonly reads: (path: string) => boolean;
  readonly paths: readonly string[];
}

/** The part that says more than a path, where there is one. */
function operationOf(operation: Part): Operation | Part {
  const methods = operation.texts("methods");
  const paths = operation.texts("paths");
  const template = paths.some((path) => path.includes("{"));
  // A port restricts nothing where a workload serves one.
  operation.ignore("ports");
  const [rest] = operation.unread();
  if (rest !== undefined) return rest;
  if (template) return operation.peek("paths");
  // Every gRPC call is a POST: a rule for other methods is not about them.
  const post = methods.length === 0 || methods.some((method) => matches(method, "POST"));
  return { reads: (path) => post && (paths.length === 0 || paths.some((pattern) => matches(pattern, path))), paths };
}

/** As Istio compares: the same, or `*` for any rest at one end. */
export function matches(pattern: string, value: string): boolean {
  if (pattern === "*") return value !== "";
  if (pattern.endsWith("*")) return value.startsWith(pattern.slice(0, -1));
  return pattern.startsWith("*") ? value.endsWith(pattern.slice(1)) : value === pattern;
}

function callersOf(source: Part, namespace: string | undefined): Callers[] {
  const principals = source.list("principals").map((part): Callers => {
    const principal = String(part.value);
    const identity = identityOf(principal);
    return identity === undefined
      ? { kind: "pattern", matches: (known) => matches(principal, known), part }
      : { kind: "exact", identity, part };
  });
  // `shop/web`, or `web` of the policy's own namespace; of the mesh's trust domain.
  const accounts = source.list("serviceAccounts").map((part): Callers => {
    const [serviceAccount = "", from = namespace ?? ""] = String(part.value).split("/").toReversed();
    return { kind: "exact", identity: { trustDomain: "cluster.local", namespace: from, serviceAccount }, part };
  });
  return [...principals, ...accounts];
}

/** `cluster.local/ns/shop/sa/web`; undefined where it is a pattern. */
export function identityOf(principal: string): Identity | undefined {
  const [, trustDomain, namespace, serviceAccount] = /^([^/*]+)\/ns\/([^/*]+)\/sa\/([^/*]+)$/.exec(principal) ?? [];
  if (trustDomain === undefined || namespace === undefined || serviceAccount === undefined) return undefined;
  return { trustDomain, namespace, serviceAccount };
}

export interface Allowed {
  readonly caller: Identity;
  readonly methods: readonly Method[];
}

/**
 * @param known identities that patterns may stand for
 * @returns what each identity may call at the workload; nothing for those of other namespaces
 */
export function allowedAt(
  workload: Workload,
  methods: readonly Method[],
  policies: readonly ImportedPolicy[],
  { known, namespace }: { known: readonly Identity[]; namespace: string },
  losses: Losses,
): Allowed[] {
  const inForce = policiesOf(policies, workload);
  if (inForce.length === 0) {
    const names = known.map(({ serviceAccount }) => serviceAccount).join(", ") || "nobody";
    losses.missing(
      `AuthorizationPolicy for ${workload.name}`,
      `anybody may call it today; here only the workloads that are known: ${names}`,
    );
    return known.map((caller) => ({ caller, methods }));
  }
  const allowed = new Map<string, { caller: Identity; paths: Set<string> }>();
  for (const { resource, rules } of inForce) {
    for (const { from, allows } of rules) {
      const paths = methods.map(({ path }) => path).filter(allows);
      if (paths.length === 0) continue;
      for (const caller of from.flatMap((one) => identitiesOf(one, known, namespace, resource, losses))) {
        const key = principalOf(caller);
        const entry = allowed.get(key) ?? { caller, paths: new Set() };
        for (const path of paths) entry.paths.add(path);
        allowed.set(key, entry);
      }
    }
  }
  return [...allowed.values()].map(({ caller, paths }) => ({
    caller,
    methods: methods.filter(({ path }) => paths.has(path)),
  }));
}

export const principalOf = ({ trustDomain, namespace, serviceAccount }: Identity): string =>
  `${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;

function identitiesOf(
  callers: Callers,
  known: readonly Identity[],
  namespace: string,
  resource: Resource,
  losses: Losses,
): Identity[] {
  if (callers.kind === "exact") {
    if (callers.identity.namespace === namespace) return [callers.identity];
    losses.part(resource, callers.part, "a caller of another namespace is denied");
    return [];
  }
  const found = known.filter((identity) => callers.matches(principalOf(identity)));
  const names = found.map(({ serviceAccount }) => serviceAccount).join(", ") || "none";
  losses.part(resource, callers.part, `not one identity: here only the workloads that are known: ${names}`);
  return found;
}
