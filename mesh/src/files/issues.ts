// Turns what zod finds wrong into lines for people: what was given, and what is allowed.
import type { z } from "zod";

export type Path = readonly (string | number)[];

export interface Fault {
  readonly path: Path;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** Every fault with its path. Of a union, the branch that came nearest: the one whose faults lie deepest. */
export function flattenIssues(issues: readonly Issue[], above: Path): Fault[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path.map((step) => (typeof step === "symbol" ? String(step) : step))];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...path, key], message: `unknown field "${key}"` }));
    }
    if (issue.code !== "invalid_union") return [{ path, message: messageOf(issue) }];
    const branches = issue.errors.map((branch) => flattenIssues(branch, path));
    const deepest = Math.max(...branches.map(depth));
    const nearest = branches.filter((branch) => depth(branch) === deepest);
    const [only = []] = nearest;
    return nearest.length === 1 ? only : [{ path, message: anyOf(nearest.flat()) }];
  });
}

const depth = (faults: readonly Fault[]): number => Math.max(0, ...faults.map(({ path }) => path.length));

const separator = "; allowed: ";

function messageOf(issue: Issue): string {
  const refused = (allowed: string): string =>
    issue.input === undefined
      ? `is missing${separator}${allowed}`
      : `${show(issue.input)} is not accepted${separator}${allowed}`;
  if (issue.code === "invalid_value") return refused(issue.values.map(show).join(", "));
  // A message of the shape itself says already what is allowed.
  if (issue.message.includes(separator))
    return issue.input === undefined ? refused(allowedIn(issue.message)) : issue.message;
  if (issue.code === "invalid_type") return refused(issue.expected);
  return issue.input === undefined ? issue.message : `${show(issue.input)} is not accepted: ${issue.message}`;
}

/** What any of the branches allows. */
function anyOf(faults: readonly Fault[]): string {
  const [first] = faults;
  const given = first?.message.split(separator)[0] ?? "is not accepted";
  return `${given}${separator}${[...new Set(faults.map(({ message }) => allowedIn(message)))].join(", or ")}`;
}

const allowedIn = (message: string): string => message.split(separator)[1] ?? message;

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);
