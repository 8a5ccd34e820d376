// The names by which an order is looked up, other than its id.
import type { LookupOrderRequest } from "@ordermesh/proto/order";

export type NameKind = "reference" | "payment" | "tracking";

/** One name. References and tracking numbers are taken letter for letter; a payment id in lower case. */
export interface OrderName {
  readonly kind: NameKind;
  readonly value: string;
}

/** That an order bears a name. */
export interface IndexEntry {
  readonly name: OrderName;
  readonly orderId: string;
}

/** What an order shows of its names. */
export interface NamedOrder {
  readonly clientReference: string;
  readonly paymentId: string | null;
  readonly trackingNumber: string | null;
}

/** The request's fields, as clients spell them. */
export const fieldOfKind: Readonly<Record<NameKind, string>> = {
  reference: "clientReference",
  payment: "paymentId",
  tracking: "trackingNumber",
};

/** The one name that a request gives; its rules have seen to it that there is one. */
export function nameOf({ clientReference, paymentId, trackingNumber }: LookupOrderRequest): OrderName {
  if (clientReference !== "") return { kind: "reference", value: clientReference };
  if (paymentId !== "") return { kind: "payment", value: paymentId.toLowerCase() };
  return { kind: "tracking", value: trackingNumber };
}

export function bears(order: NamedOrder, { kind, value }: OrderName): boolean {
  switch (kind) {
    case "reference":
      return order.clientReference === value;
    case "payment":
      return order.paymentId === value;
    case "tracking":
      return order.trackingNumber === value;
    default:
      return kind satisfies never;
  }
}

/** The entry for an order that was accepted; none when its client gave it no name. */
export function placedEntries(orderId: string, clientReference: string): readonly IndexEntry[] {
  return clientReference === "" ? [] : [{ name: { kind: "reference", value: clientReference }, orderId }];
}

/** The entry for an order whose payment was authorised or declined. */
export function paymentEntries(orderId: string, paymentId: string): readonly IndexEntry[] {
  return [{ name: { kind: "payment", value: paymentId.toLowerCase() }, orderId }];
}

/** The entry for an order that was shipped; none when it was shipped without a number. */
export function shippedEntries(orderId: string, trackingNumber: string): readonly IndexEntry[] {
  return trackingNumber === "" ? [] : [{ name: { kind: "tracking", value: trackingNumber }, orderId }];
}
