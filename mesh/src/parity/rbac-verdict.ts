// What Envoy's RBAC filters say of a call.
import { type GrpcRequest, matchesHeader } from "./match-route.ts";
import type { Permission, Principal, Rbac, RbacPolicy } from "./rbac-shapes.ts";
import { matchesString } from "./string-matcher.ts";

export interface Caller {
  /** As its certificate says: `spiffe://…`. */
  readonly principal: string;
  readonly request: GrpcRequest;
  /** Of the listener. */
  readonly port: number;
}

/** undefined: it depends on something that a dump does not tell, such as an address or a token. */
export type Verdict = boolean | undefined;

/** Istio keeps the caller's identity there. */
const peerPrincipal = "io.istio.peer_principal";

/** A call has to pass all the filters; without any, everything passes. */
export const passes = (filters: readonly Rbac[], caller: Caller): Verdict =>
  all(filters, (rbac) => verdictOf(rbac, caller));

function verdictOf({ rules, matcher }: Rbac, caller: Caller): Verdict {
  if (rules === undefined) return matcher === undefined ? true : undefined;
  if (rules.action === "LOG") return true;
  const found = any(Object.values(rules.policies), (policy) => covers(policy, caller));
  return rules.action === "ALLOW" ? found : not(found);
}

function covers(policy: RbacPolicy, caller: Caller): Verdict {
  const found = all(
    [
      any(policy.permissions, (permission) => permits(permission, caller)),
      any(policy.principals, (principal) => identifies(principal, caller)),
    ],
    (verdict) => verdict,
  );
  const conditional = policy.condition !== undefined || policy.checked_condition !== undefined;
  return found === true && conditional ? undefined : found;
}

function permits(permission: Permission, caller: Caller): Verdict {
  const {
    and_rules: and,
    or_rules: or,
    not_rule: negated,
    url_path: path,
    header,
    destination_port: port,
  } = permission;
  if (permission.any !== undefined) return permission.any;
  if (and !== undefined) return all(and.rules, (rule) => permits(rule, caller));
  if (or !== undefined) return any(or.rules, (rule) => permits(rule, caller));
  if (negated !== undefined) return not(permits(negated, caller));
  if (path?.path !== undefined) return matchesString(path.path, caller.request.path);
  if (header !== undefined) return matchesHeader(header, caller.request);
  return port === undefined ? undefined : port === caller.port;
}

function identifies(principal: Principal, caller: Caller): Verdict {
  const { and_ids: and, or_ids: or, not_id: negated, authenticated, filter_state: state, header } = principal;
  if (principal.any !== undefined) return principal.any;
  if (and !== undefined) return all(and.ids, (id) => identifies(id, caller));
  if (or !== undefined) return any(or.ids, (id) => identifies(id, caller));
  if (negated !== undefined) return not(identifies(negated, caller));
  if (authenticated !== undefined) {
    // Without a name: anyone who has shown a certificate.
    return authenticated.principal_name === undefined || matchesString(authenticated.principal_name, caller.principal);
  }
  if (state?.key === peerPrincipal && state.string_match !== undefined) {
    return matchesString(state.string_match, caller.principal);
  }
  return header === undefined ? undefined : matchesHeader(header, caller.request);
}

/** The principals that rules name one by one. */
export function principalsNamedIn(filters: readonly Rbac[]): string[] {
  const named = (principal: Principal): (string | undefined)[] => [
    principal.authenticated?.principal_name?.exact,
    principal.filter_state?.string_match?.exact,
    ...[...(principal.and_ids?.ids ?? []), ...(principal.or_ids?.ids ?? [])].flatMap(named),
    ...(principal.not_id === undefined ? [] : named(principal.not_id)),
  ];
  const policies = filters.flatMap(({ rules }) => Object.values(rules?.policies ?? {}));
  const names = policies.flatMap(({ principals }) => principals.flatMap(named));
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

const not = (verdict: Verdict): Verdict => (verdict === undefined ? undefined : !verdict);

/** Certain as soon as one is false. */
export function all<T>(items: readonly T[], judge: (item: T) => Verdict): Verdict {
  const verdicts = items.map(judge);
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}

/** Certain as soon as one is true. */
export function any<T>(items: readonly T[], judge: (item: T) => Verdict): Verdict {
  const verdicts = items.map(judge);
  if (verdicts.includes(true)) return true;
  return verdicts.includes(undefined) ? undefined : false;
}
