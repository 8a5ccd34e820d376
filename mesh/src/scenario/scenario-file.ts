// The shape of scenarios/*.yaml: a load and what goes wrong, for the simulator and for real proxies alike.
import { z } from "zod";
import { duration, formatDuration, percent } from "../files/values.ts";
import { grpcErrors } from "../model/grpc-status.ts";

const latency = z.union([duration, z.strictObject({ p50: duration, p99: duration })]);

const host = z.strictObject({
  name: z.string(),
  zone: z.string().optional(),
  latency: latency.describe("time that the host takes to answer"),
  concurrency: z.int().min(1).optional().describe("requests that it works on at once; the rest wait in line"),
});

const disturbance = z.union([
  z.strictObject({
    fails: z.strictObject({ status: z.enum(grpcErrors), percent }).describe("answers with it, after its usual latency"),
  }),
  z.strictObject({ slow: latency.describe("for requests that come while it lasts") }),
  z.strictObject({ hangs: z.literal(true).describe("takes requests and never answers") }),
  z.strictObject({ resets: z.strictObject({ percent }).describe("of requests, after its usual latency") }),
  z.strictObject({ away: z.literal(true).describe("the service refuses connections; its own sidecar lives") }),
  z.strictObject({ gone: z.literal(true).describe("the machine: its sidecar refuses connections, too") }),
]);
export type Disturbance = z.infer<typeof disturbance>;

const scenarioFields = z.strictObject({
  about: z.string(),
  call: z.strictObject({ caller: z.string(), service: z.string(), method: z.string() }),
  clients: z.strictObject({
    proxies: z.int().min(1).default(1).describe("client proxies; each has its own breakers, budget and ejections"),
    load: z.union([
      z.strictObject({ concurrency: z.int().min(1).describe("requests that each proxy has under way, always") }),
      z.strictObject({
        perSecond: z.number().positive().describe("requests of all proxies together, come what may"),
        arrivals: z
          .enum(["even", "random"])
          .default("even")
          .describe("even: one after the other at the same distance, as a load driver sends; random: as many users do"),
      }),
    ]),
  }),
  lasts: duration.describe("until the last request is sent"),
  timeLapse: z
    .number()
    .min(1)
    .default(1)
    .describe("interval and base time of the ejection are divided by it, so that seconds show what takes a minute"),
  hosts: z.array(host).min(1),
  events: z
    .array(
      z.strictObject({
        at: duration,
        until: duration.optional(),
        hosts: z.array(z.string()).min(1),
        does: disturbance,
      }),
    )
    .default([]),
  seed: z.int().default(1),
});

export const scenarioShape = scenarioFields.superRefine(({ hosts, events }, context) => {
  const names = hosts.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    const message = `there is a host "${name}" already; allowed: a name of its own`;
    context.addIssue({ code: "custom", path: ["hosts", index, "name"], message });
  }
  for (const [index, event] of events.entries()) {
    for (const [place, name] of event.hosts.entries()) {
      if (names.includes(name)) continue;
      const message = `there is no host "${name}"; allowed: ${names.join(", ")}`;
      context.addIssue({ code: "custom", path: ["events", index, "hosts", place], message });
    }
    if (event.until !== undefined && event.until <= event.at) {
      const given = `${formatDuration(event.until)} is not accepted`;
      const message = `${given}; allowed: later than at, which is ${formatDuration(event.at)}`;
      context.addIssue({ code: "custom", path: ["events", index, "until"], message });
    }
  }
});
export type Scenario = z.infer<typeof scenarioShape>;
