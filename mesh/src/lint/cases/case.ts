// One case of a rule: a change of the cinema that the rule must find, and one close to it that it must not.

export interface Case {
  readonly code: string;
  readonly wrong: {
    /** What was done, as the name of the test says it. */
    readonly what: string;
    /** YAML; see Change of ../testing/cinema.ts. */
    readonly change: string;
    /** What the line says on which the finding is. */
    readonly line: string;
    /** A part of the message: the numbers. */
    readonly says: string;
    /** Where it holds in some only. */
    readonly environments?: readonly string[];
  };
  readonly nearMiss: { readonly what: string; readonly change: string };
}
