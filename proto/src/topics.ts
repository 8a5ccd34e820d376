// The topics of the event log. Their names are part of the contract, as the messages in them are.
/** Events of orders, keyed by order id. */
export const ordersTopic = "ordermesh.orders.v1";
/** Events of payments, keyed by order id. */
export const paymentsTopic = "ordermesh.payments.v1";
/** Events of stock, keyed by order id. */
export const inventoryTopic = "ordermesh.inventory.v1";

/** All of them; each has a dead-letter twin. */
export const topics = [ordersTopic, paymentsTopic, inventoryTopic] as const;
