/**
 * Answers what the parent asks until it lets go; then, or when the parent is gone, the process ends. One that cannot
 * answer ends at once with exit code 1, having said why.
 */
export function answerParent<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  process.on("message", (question: Question) => {
    answer(question).then(
      (answered) => process.send?.(answered),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.once("disconnect", () => process.exit());
}
