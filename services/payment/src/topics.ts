// The topics that payment reads and writes.
export const ordersTopic = "ordermesh.orders.v1";
export const paymentsTopic = "ordermesh.payments.v1";
