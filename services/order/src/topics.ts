// The topics that the order service writes and reads.
export const ordersTopic = "ordermesh.orders.v1";
export const paymentsTopic = "ordermesh.payments.v1";
export const inventoryTopic = "ordermesh.inventory.v1";
