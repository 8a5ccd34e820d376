export type { DeadLetter } from "./dead-letter.ts";
export { type ListDeadLettersOptions, listDeadLetters, showDeadLetter } from "./list-dead-letters.ts";
export { type RedriveOptions, type RedriveResult, redriveDeadLetters } from "./redrive-dead-letters.ts";
