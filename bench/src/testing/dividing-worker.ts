// A worker for specs: halves even numbers, and cannot halve odd ones.
import { answerParent } from "../worker/answer-parent.ts";

answerParent<{ divide: number }, number>(async ({ divide }) => {
  if (divide % 2 === 1) throw new Error(`${divide} is odd, as the spec wants it`);
  return divide / 2;
});
