/** The names of Kafka's protocol errors that an error has or was caused by, for example MESSAGE_TOO_LARGE. */
function protocolErrors(error: unknown): string[] {
  const types: string[] = [];
  for (let next = error; next instanceof Error; next = next.cause) {
    if ("type" in next && typeof next.type === "string") types.push(next.type);
  }
  return types;
}

/** Whether the broker refused a batch for its size: the topic's limit, or that of a segment of its log. */
export function isTooLarge(error: unknown): boolean {
  return protocolErrors(error).some((type) => type === "MESSAGE_TOO_LARGE" || type === "RECORD_LIST_TOO_LARGE");
}

/** Whether the cluster does not know a topic that it once had. */
export function isTopicMissing(error: unknown): boolean {
  return protocolErrors(error).includes("UNKNOWN_TOPIC_OR_PARTITION");
}
