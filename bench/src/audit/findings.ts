// Collects what an audit finds, bounded: a broken run may have a hundred thousand violations.

export type Invariant = 1 | 2 | 3 | 4 | 5;

/** What each invariant of the design says, in short. */
export const invariants: Readonly<Record<Invariant, string>> = {
  1: "every accepted order exists exactly once and reaches a final or stable state",
  2: "money: at most one capture per order; captured minus refunded is what the order's state asks for",
  3: "stock: every item balances, is never negative, and deducted is what confirmed orders hold",
  4: "events: every state change is in the log, in order, and every consumer applied it once",
  5: "backlog: no outbox row too old, no dead letter unaccounted for",
};

export interface Finding {
  /** Id of the order, item, payment, outbox row or record that is at fault. */
  readonly id: string;
  readonly detail: string;
}

/** All findings of one check. */
export interface CheckResult {
  readonly invariant: Invariant;
  readonly check: string;
  readonly count: number;
  /** The first of them. */
  readonly findings: readonly Finding[];
}

/** Reports one finding of a check. */
export type Report = (invariant: Invariant, check: string, id: string, detail: string) => void;

const keptPerCheck = 1000;

export interface Findings {
  readonly report: Report;
  results(): CheckResult[];
}

export function createFindings(): Findings {
  const checks = new Map<string, { invariant: Invariant; check: string; count: number; findings: Finding[] }>();
  return {
    report: (invariant, check, id, detail) => {
      let entry = checks.get(check);
      if (entry === undefined) {
        entry = { invariant, check, count: 0, findings: [] };
        checks.set(check, entry);
      }
      entry.count += 1;
      if (entry.findings.length < keptPerCheck) entry.findings.push({ id, detail });
    },
    results: () => [...checks.values()].sort((a, b) => a.invariant - b.invariant || a.check.localeCompare(b.check)),
  };
}
