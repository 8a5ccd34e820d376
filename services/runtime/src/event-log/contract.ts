import { afterAll, beforeAll, describe } from "vitest";
import { appendContract } from "./contract/append-contract.ts";
import { deliveryContract } from "./contract/delivery-contract.ts";
import { faultContract } from "./contract/fault-contract.ts";
import { groupContract } from "./contract/group-contract.ts";
import type { EventLogHarness } from "./contract/harness.ts";

export type { EventLogHarness } from "./contract/harness.ts";

/**
 * What every driver of the event log must do. Run it in a spec of the driver:
 * `runEventLogContract("embedded", startEmbeddedHarness)`.
 */
export function runEventLogContract(name: string, start: () => Promise<EventLogHarness>): void {
  describe(`event log contract: ${name}`, () => {
    let harness: EventLogHarness | undefined;
    const current = () => {
      if (harness === undefined) {
        throw new Error("the harness has not started");
      }
      return harness;
    };
    beforeAll(async () => {
      harness = await start();
    });
    afterAll(() => harness?.stop());

    appendContract(current);
    deliveryContract(current);
    groupContract(current);
    faultContract(current);
  });
}
