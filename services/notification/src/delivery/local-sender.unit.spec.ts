import { describe, expect, it } from "vitest";
import type { Notification } from "../domain/notification.ts";
import { createLocalSender } from "./local-sender.ts";
import { runNotificationSenderContract } from "./notification-sender-contract.ts";

runNotificationSenderContract("the local sender", () => createLocalSender({ info: () => undefined }));

describe("the local sender", () => {
  it("logs one line per batch, with counts and without addresses", async () => {
    const lines: unknown[][] = [];
    const sender = createLocalSender({ info: (...line: unknown[]) => void lines.push(line) });
    const notification = (kind: Notification["kind"], recipient?: string): Notification => ({
      id: `event-of-${kind}`,
      orderId: "order-1",
      customerId: "ada",
      kind,
      time: new Date(0),
      recipient,
    });
    await sender.deliver([notification("ORDER_PLACED", "ada@example.com"), notification("ORDER_CONFIRMED")]);
    expect(lines).toEqual([[{ count: 2, kinds: { ORDER_PLACED: 1, ORDER_CONFIRMED: 1 } }, "notifications delivered"]]);
  });
});
