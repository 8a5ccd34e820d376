import { expect, it } from "vitest";
import { backoffsOf } from "./backoff.ts";

it.each([
  [5, 100, 450, [100, 200, 400, 450, 450]],
  [4, 100, 450, [100, 200, 400, 450]],
  [3, 25, 250, [25, 50, 100]],
  [2, 10, 10, [10, 10]],
  [0, 25, 250, []],
])("%i retries from %ims to %ims pause up to %j", (retryAttempts, retryBackoffBaseMs, retryBackoffMaxMs, expected) => {
  expect(backoffsOf({ retryAttempts, retryBackoffBaseMs, retryBackoffMaxMs })).toEqual(expected);
});
