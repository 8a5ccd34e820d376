/** Prints a report, as JSON or for people. */
export function print<Report>(json: boolean, report: Report, format: (report: Report) => string): void {
  process.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : format(report)}\n`);
}
