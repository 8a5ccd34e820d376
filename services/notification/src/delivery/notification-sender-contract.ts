// What every NotificationSender must do; a driver's spec runs it on the driver.
import { describe, expect, it } from "vitest";
import type { Notification } from "../domain/notification.ts";
import type { NotificationSender } from "./notification-sender.ts";

const placed: Notification = {
  id: "01938f2e-0000-7000-8000-000000000001",
  orderId: "01938f2e-0000-8000-8000-000000000001",
  customerId: "ada",
  kind: "ORDER_PLACED",
  time: new Date("2026-03-01T10:00:00.000Z"),
  recipient: "ada@example.com",
};
const confirmed: Notification = {
  ...placed,
  id: "01938f2e-0000-7000-8000-000000000002",
  kind: "ORDER_CONFIRMED",
  recipient: undefined,
};

export function runNotificationSenderContract(name: string, open: () => NotificationSender): void {
  describe(`${name} as a notification sender`, () => {
    it("answers one result per message, in their order", async () => {
      const deliveries = await open().deliver([confirmed, placed]);
      expect(deliveries.map(({ id }) => id)).toEqual([confirmed.id, placed.id]);
    });

    it("accepts the same message again", async () => {
      const sender = open();
      const first = await sender.deliver([placed]);
      expect(await sender.deliver([placed])).toEqual(first);
    });

    it("has nothing to say about no messages", async () => {
      expect(await open().deliver([])).toEqual([]);
    });

    it("never names an address in its results", async () => {
      expect(JSON.stringify(await open().deliver([placed]))).not.toContain("ada@");
    });

    it("delivers every message when it delivers at once", async () => {
      const sender = open();
      const deliveries = await sender.deliver([placed, confirmed]);
      if (sender.timing === "at-once") expect(deliveries.every(({ delivered }) => delivered)).toBe(true);
      else expect(deliveries).toHaveLength(2);
    });
  });
}
