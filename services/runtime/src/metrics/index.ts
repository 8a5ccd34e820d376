export { deadLetters } from "./dead-letters.ts";
export { createFlowMetrics, type FlowMetrics, type FlowMetricsOptions } from "./flow-metrics.ts";
