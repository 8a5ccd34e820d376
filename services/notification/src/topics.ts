// The topic that notification reads.
export const ordersTopic = "ordermesh.orders.v1";
