/** Scope that makes a caller an operator, who sees the resources of every customer. */
export const operatorScope = "customers.all";

/** Who calls, as the verified token says. */
export interface Caller {
  /** Customer id, or the name of a service. */
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
  readonly operator: boolean;
}

/** Makes a caller from a subject and a space-separated list of scopes. */
export function createCaller(subject: string, scope: string): Caller {
  const scopes = new Set(scope.split(" ").filter((part) => part !== ""));
  return { subject, scopes, operator: scopes.has(operatorScope) };
}
