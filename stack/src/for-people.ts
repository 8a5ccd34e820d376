import { EngineError } from "@ordermesh/engines/kafka";
import { UserError } from "./user-error.ts";

/** What an engine lacks is for the person to mend: shown as its message, without a stack trace. */
export async function forPeople<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof EngineError ? new UserError(error.code, error.message, { cause: error }) : error;
  }
}
