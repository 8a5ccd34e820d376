import { expect, it } from "vitest";
import { retryDelayMs } from "./retry-delay.ts";

it.each([
  [1, 100, 200],
  [2, 200, 400],
  [3, 400, 800],
  [6, 3_200, 6_400],
  [7, 5_000, 10_000],
  [100, 5_000, 10_000],
])("after %s failures waits from %s to %s ms", (attempts, least, most) => {
  for (let tried = 0; tried < 50; tried++) {
    const delay = retryDelayMs(attempts);
    expect(delay).toBeGreaterThanOrEqual(least);
    expect(delay).toBeLessThanOrEqual(most);
  }
});
