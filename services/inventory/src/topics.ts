// The topics that inventory reads and writes.
export const ordersTopic = "ordermesh.orders.v1";
export const inventoryTopic = "ordermesh.inventory.v1";
