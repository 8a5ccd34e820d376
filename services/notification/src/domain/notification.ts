/** What a message to a customer is about: one per kind and order. */
export type Kind = "ORDER_PLACED" | "ORDER_CONFIRMED" | "ORDER_CANCELLED" | "ORDER_SHIPPED" | "ORDER_DELIVERED";

/** A message to a customer. */
export interface Notification {
  /** Id of the event that led to it. */
  readonly id: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly kind: Kind;
  /** When it happened what the message is about. */
  readonly time: Date;
  /** The address; only the first message of an order carries it. */
  readonly recipient: string | undefined;
}

const news: Readonly<Record<Kind, string>> = {
  ORDER_PLACED: "We received your order",
  ORDER_CONFIRMED: "Your order is confirmed",
  ORDER_CANCELLED: "Your order was cancelled",
  ORDER_SHIPPED: "Your order is on its way",
  ORDER_DELIVERED: "Your order was delivered",
};

/** The subject line of a message. */
export function subjectOf(kind: Kind, orderId: string): string {
  return `${news[kind]} (${orderId})`;
}

/** An e-mail address with so little left that its owner recognises it: `a***@example.com`. */
export function maskRecipient(address: string): string {
  const at = address.lastIndexOf("@");
  if (at < 0) return "***";
  // A name of one letter would be shown whole.
  const first = at > 1 ? String.fromCodePoint(address.codePointAt(0) ?? 0x2a) : "";
  return `${first}***${address.slice(at)}`;
}

/** How many messages of each kind there are. */
export function countByKind(notifications: readonly Pick<Notification, "kind">[]): Partial<Record<Kind, number>> {
  const counts: Partial<Record<Kind, number>> = {};
  for (const { kind } of notifications) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
