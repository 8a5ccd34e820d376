// The channels of Redis, on which services tell each other what need not be kept. Their names are part of the contract.

/** Items whose price may have changed, as a JSON array of skus. Told by inventory. */
export const pricesChannel = "ordermesh:prices";
