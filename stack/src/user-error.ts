/** A condition that the person at the keyboard can mend: shown as one message, without a stack trace. */
export class UserError extends Error {
  readonly exitCode: number;
  /** Stable name, for programs. */
  readonly code: string;

  constructor(code: string, message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "UserError";
    this.code = code;
    this.exitCode = options.exitCode ?? 1;
  }
}
