import type { Case } from "./case.ts";

export const hostCases: readonly Case[] = [
  {
    code: "MESH-040",
    wrong: {
      what: "two replicas, and at most 40% may be out",
      change: "policies: { seats: { ejection: { max: 40% } } }",
      line: "max: 40%",
      says: "one of 2 is 100·(0+1)/2 = 50%, and 40% is the most",
      environments: ["dev"],
    },
    nearMiss: {
      what: "four replicas in each environment",
      change: "policies: { seats: { ejection: { max: 40% }, replicas: { dev: 4, live: 4 } } }",
    },
  },
  {
    code: "MESH-040",
    wrong: {
      what: "Istio's default of 10% with nine replicas",
      change: "policies: { seats: { ejection: { max: null }, replicas: 9 } }",
      line: "service: cinema.seats.v1.SeatService",
      says: "one of 9 is 100·(0+1)/9 = 11.1%, and 10% is the most (Istio's default)",
    },
    nearMiss: {
      what: "Istio's default with ten replicas",
      change: "policies: { seats: { ejection: { max: null }, replicas: 10 } }",
    },
  },
  {
    code: "MESH-041",
    wrong: {
      what: "one replica in one environment",
      change: "policies: { seats: { replicas: { dev: 1 } } }",
      line: "after:",
      says: "one replica: it is never ejected",
      environments: ["dev"],
    },
    nearMiss: {
      what: "an overlay switches ejection off there",
      change: `
        policies: { seats: { replicas: { dev: 1 } } }
        overlays: { dev: { services: { cinema.seats.v1.SeatService: { ejection: none } } } }`,
    },
  },
  {
    code: "MESH-042",
    wrong: {
      what: "all hosts may be out",
      change: "policies: { seats: { ejection: { max: 100% } } }",
      line: "max: 100%",
      says: "all 2 hosts may be out at once (100% of 2 = 2)",
      environments: ["dev"],
    },
    nearMiss: {
      what: "panic routing is kept",
      change: "policies: { seats: { ejection: { max: 100%, minHealth: 30% } } }",
    },
  },
  {
    code: "MESH-043",
    wrong: {
      what: "as many gateway errors as errors",
      change: "policies: { seats: { ejection: { after: [6 gateway errors, 6 errors] } } }",
      line: "after:",
      says: "6 gateway errors are 6 errors too",
    },
    nearMiss: {
      what: "one fewer",
      change: "policies: { seats: { ejection: { after: [5 gateway errors, 6 errors] } } }",
    },
  },
  {
    code: "MESH-044",
    wrong: {
      what: "ten errors in a row",
      change: "policies: { pricing: { ejection: { after: 10 errors } } }",
      line: "after: 10 errors",
      says: "2^11 − 2 = 2,046 calls of one proxy on average, one that fails every third after 88,572",
    },
    nearMiss: {
      what: "ten errors or five gateway errors",
      change: "policies: { pricing: { ejection: { after: [5 gateway errors, 10 errors] } } }",
    },
  },
  {
    code: "MESH-045",
    wrong: {
      what: "out for less than an interval",
      change: "policies: { seats: { ejection: { interval: 30s } } }",
      line: "base: 10s",
      says: "out for 10s, but looked at every 30s only",
    },
    nearMiss: {
      what: "out for an interval",
      change: "policies: { seats: { ejection: { interval: 10s } } }",
    },
  },
  {
    code: "MESH-046",
    wrong: {
      what: "one of two hosts out is below the health that is asked for",
      change: "policies: { seats: { ejection: { minHealth: 60% } } }",
      line: "minHealth: 60%",
      says: "with one of 2 out, 50% are healthy",
      environments: ["dev"],
    },
    nearMiss: {
      what: "one of two hosts out is just enough",
      change: "policies: { seats: { ejection: { minHealth: 50% } } }",
    },
  },
  {
    code: "MESH-047",
    wrong: {
      what: "failover without ejection",
      change: "policies: { tickets: { locality: failover } }",
      line: "locality: failover",
      says: "Istio leaves failover out",
    },
    nearMiss: {
      what: "failover with ejection",
      change: "policies: { pricing: { locality: failover } }",
    },
  },
  {
    code: "MESH-048",
    wrong: {
      what: "ejection, and not a word of locality",
      change: "policies: { booking: { locality: null } }",
      line: "after: 5 gateway errors",
      says: "Istio then calls hosts of the caller's own zone only",
    },
    nearMiss: {
      what: "neither ejection nor locality",
      change: "policies: { booking: { locality: null, ejection: none } }",
    },
  },
  {
    code: "MESH-053",
    wrong: {
      what: "all proxies together let more through than the replicas can work on",
      change: "policies: { tickets: { concurrency: 40 } }",
      line: "requests: 100",
      says: "100 for each of 7 proxies (4 of web, 3 of booking) = 700 requests, for 2 replicas × 40 = 80 at once",
    },
    nearMiss: {
      what: "the replicas can work on all of them",
      change: "policies: { tickets: { concurrency: 350 } }",
    },
  },
  {
    code: "MESH-053",
    wrong: {
      what: "a limit that no server can hold",
      change: "policies: { tickets: { breaker: { requests: 1000000 } } }",
      line: "requests: 1000000",
      says: "for 2 replicas, 3,500,000 each",
    },
    nearMiss: {
      what: "nothing is known of what a replica can do, and the limit is an ordinary one",
      change: "policies: { tickets: { breaker: { requests: 2000 } } }",
    },
  },
  {
    code: "MESH-054",
    wrong: {
      what: "a breaker without requests",
      change: "policies: { tickets: { breaker: { requests: null } } }",
      line: "service: cinema.tickets.v1.TicketService",
      says: "2³²−1",
    },
    nearMiss: {
      what: "a service that nobody calls",
      change: `
        policies: { pricing: { breaker: { requests: null } } }
        overlays: { live: null }
        callers: { callers: { seats: { calls: null, during: null } } }`,
    },
  },
  {
    code: "MESH-060",
    wrong: {
      what: "a headless service",
      change: "policies: { seats: { headless: true } }",
      line: "headless: true",
      says: "have no effect",
    },
    nearMiss: { what: "it is said that it is not", change: "policies: { seats: { headless: false } }" },
  },
  {
    code: "MESH-061",
    wrong: {
      what: "a port that does not say what it speaks",
      change: "policies: { seats: { port: { name: api, appProtocol: null } } }",
      line: "port:",
      says: "the name api, so Istio sniffs the protocol",
    },
    nearMiss: {
      what: "a port with any name that does",
      change: "policies: { seats: { port: { name: api } } }",
    },
  },
  {
    code: "MESH-062",
    wrong: {
      what: "bytes instead of requests",
      change: "policies: { seats: { port: { appProtocol: tcp } } }",
      line: "appProtocol: tcp",
      says: "port 7002 is tcp to Istio, and SeatService is gRPC",
    },
    nearMiss: {
      what: "the name that Kubernetes has for HTTP/2 without TLS",
      change: "policies: { seats: { port: { appProtocol: kubernetes.io/h2c } } }",
    },
  },
  {
    code: "MESH-082",
    wrong: {
      what: "two services of one workload with breakers that differ",
      change:
        "policies: { tickets: { workload: pricing, breaker: { requests: 400, retryBudget: 25%, retryMinimum: 5 } } }",
      line: "requests: 400",
      says: "maxRequests is 400 here and 500 in policies/pricing.yaml",
      environments: ["dev"],
    },
    nearMiss: {
      what: "two services of one workload that agree",
      change: `
        overlays: { live: null }
        policies:
          tickets:
            workload: pricing
            connectTimeout: 100ms
            breaker: { requests: 500, pending: 100, connections: 50, retryBudget: 25%, retryMinimum: 5 }
            ejection: { after: 5 errors, interval: 5s, base: 15s, max: 50% }
            locality: off
            loadBalancing: ROUND_ROBIN`,
    },
  },
];
