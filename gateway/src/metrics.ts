import { redisMetrics } from "@ordermesh/runtime/redis";
import { Registry } from "prom-client";
import { rateLimited } from "./limits/call-limit.ts";

/** What a scrape of the gateway answers. */
export function gatewayMetrics(hasRedis: boolean): { readonly contentType: string; text(): Promise<string> } {
  const registry = new Registry();
  for (const metric of [rateLimited, ...(hasRedis ? redisMetrics : [])]) registry.registerMetric(metric);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}
