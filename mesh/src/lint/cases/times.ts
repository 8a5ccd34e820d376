import type { Case } from "./case.ts";

const stream = (options: string): string =>
  `'syntax = "proto3"; package cinema.posters.v1; service PosterService { rpc Upload(stream A) returns (B) { option idempotency_level = IDEMPOTENT; } ${options} }'`;

export const timeCases: readonly Case[] = [
  {
    code: "MESH-020",
    wrong: {
      what: "a try may take as long as the call",
      change: "policies: { pricing: { defaults: { timeout: 400ms, retries: { perTry: 400ms } } } }",
      line: "perTry: 400ms",
      says: "1 of 2 tries fits",
    },
    nearMiss: {
      what: "a try may take half of it",
      change: "policies: { pricing: { defaults: { timeout: 400ms, retries: { perTry: 180ms, backoff: 4ms..40ms } } } }",
    },
  },
  {
    code: "MESH-020",
    wrong: {
      what: "a try may take longer than the deadline that a caller sets",
      change: "callers: { callers: { seats: { deadline: { cinema.pricing.v1.PricingService/QuotePrices: 150ms } } } }",
      line: "perTry: 180ms",
      says: "the deadline of seats is 150ms",
    },
    nearMiss: {
      what: "the deadline leaves room for both tries",
      change: "callers: { callers: { seats: { deadline: { cinema.pricing.v1.PricingService/QuotePrices: 370ms } } } }",
    },
  },
  {
    code: "MESH-021",
    wrong: {
      what: "the timeout is over before a second try is",
      change: "policies: { pricing: { defaults: { timeout: 300ms } } }",
      line: "timeout: 300ms",
      says: "2 × 180ms + pauses of up to 5ms = 365ms, and the timeout is 300ms: 1 of 2 tries fits",
      environments: ["dev"],
    },
    nearMiss: {
      what: "the timeout is just long enough",
      change: "policies: { pricing: { defaults: { timeout: 365ms } } }",
    },
  },
  {
    code: "MESH-022",
    wrong: {
      what: "the last of four tries is cut off",
      change: "policies: { seats: { defaults: { retries: { attempts: 3 } } } }",
      line: "timeout: 800ms",
      says: "4 × 200ms + pauses of up to 10ms + 30ms + 70ms = 910ms, and the timeout is 800ms: 3 of 4 tries fit",
    },
    nearMiss: {
      what: "shorter tries make room for the fourth",
      change: "policies: { seats: { defaults: { retries: { attempts: 3, perTry: 170ms } } } }",
    },
  },
  {
    code: "MESH-023",
    wrong: {
      what: "retries without a time for each try",
      change: "policies: { seats: { defaults: { retries: { perTry: null } } } }",
      line: "attempts: 2",
      says: "a try that hangs lasts all of the 800ms",
    },
    nearMiss: {
      what: "retries of connections need none",
      change: "policies: { seats: { defaults: { retries: { perTry: null, on: [connect-failure, refused-stream] } } } }",
    },
  },
  {
    code: "MESH-024",
    wrong: {
      what: "no condition retries a try that runs out of time",
      change:
        "policies: { seats: { defaults: { retries: { on: [unavailable, connect-failure, refused-stream, deadline-exceeded] } } } }",
      line: "perTry: 200ms",
      says: "a slow call fails after 200ms, not after 800ms, having been tried once",
    },
    nearMiss: {
      what: "gateway-error retries it",
      change: "policies: { seats: { defaults: { retries: { on: [unavailable, connect-failure, gateway-error] } } } }",
    },
  },
  {
    code: "MESH-019",
    wrong: {
      what: "a try that the callee's side ends is not retried",
      change: "policies: { seats: { defaults: { retries: { on: [unavailable, connect-failure, reset] } } } }",
      line: "on:",
      says: "is retried when the caller's proxy ends it, and not when the callee's does",
    },
    nearMiss: {
      what: "without a time for each try nobody passes one on",
      change: "policies: { seats: { defaults: { retries: { attempts: 2, on: [unavailable, reset], perTry: null } } } }",
    },
  },
  {
    code: "MESH-025",
    wrong: {
      what: "prices may take longer than the hold that waits for them",
      change: "policies: { seats: { methods: { HoldSeats: { timeout: 300ms } } } }",
      line: "timeout: 400ms",
      says: "400ms, and HoldSeats, for which seats calls it, ends after 300ms",
    },
    nearMiss: {
      what: "the deadline in the code keeps the callee within",
      change: `
        policies: { seats: { methods: { HoldSeats: { timeout: 380ms } } } }
        callers: { callers: { seats: { deadline: { cinema.pricing.v1.PricingService/QuotePrices: 370ms } } } }`,
    },
  },
  {
    code: "MESH-025",
    wrong: {
      what: "the callee has no timeout at all",
      change: `
        policies: { pricing: { defaults: { timeout: none } } }
        overlays: { live: null }
        callers: { callers: { seats: { deadline: null } } }`,
      line: "timeout: none",
      says: "no timeout, and HoldSeats",
    },
    nearMiss: {
      what: "neither has one",
      change: `
        policies:
          pricing: { defaults: { timeout: none } }
          seats: { methods: { HoldSeats: { timeout: none } } }
          booking: { methods: { Book: { timeout: none } } }
        overlays: { live: null }
        callers: { callers: { seats: { deadline: null } } }`,
    },
  },
  {
    code: "MESH-026",
    wrong: {
      what: "holding and printing take longer together than the booking has",
      change: "policies: { booking: { methods: { Book: { timeout: 1500ms } } } }",
      line: "timeout: 1500ms",
      says: "HoldSeats 1s + IssueTickets 1s = 2s one after another, and it has 1.5s",
    },
    nearMiss: {
      what: "they fit one after the other",
      change: "policies: { booking: { methods: { Book: { timeout: 2s } } } }",
    },
  },
  {
    code: "MESH-027",
    wrong: {
      what: "a service without a timeout",
      change: "policies: { tickets: { defaults: { timeout: null } } }",
      line: "service: cinema.tickets.v1.TicketService",
      says: "has no timeout",
    },
    nearMiss: {
      what: "all its callers set a deadline",
      change: `
        policies: { tickets: { defaults: { timeout: null } } }
        callers:
          callers:
            web: { deadline: { cinema.tickets.v1.TicketService/GetTicket: 1s } }
            booking: { deadline: { cinema.tickets.v1.TicketService: 1s } }`,
    },
  },
  {
    code: "MESH-028",
    wrong: {
      what: "the code waits longer than the mesh",
      change: "callers: { callers: { web: { deadline: { cinema.seats.v1.SeatService/ListSeats: 2s } } } }",
      line: "cinema.seats.v1.SeatService/ListSeats: 2s",
      says: "the code sets 2s, and the mesh ends the call after 800ms",
    },
    nearMiss: {
      what: "the code waits as long as the mesh",
      change: "callers: { callers: { web: { deadline: { cinema.seats.v1.SeatService/ListSeats: 800ms } } } }",
    },
  },
  {
    code: "MESH-029",
    wrong: {
      what: "connecting may take Istio's ten seconds",
      change: "policies: { pricing: { connectTimeout: null } }",
      line: "service: cinema.pricing.v1.PricingService",
      says: "connecting may take 10s, and QuotePrices ends after 400ms",
      environments: ["dev"],
    },
    nearMiss: {
      what: "connecting may take long where no connection is retried",
      change: "policies: { tickets: { connectTimeout: 10s } }",
    },
  },
  {
    code: "MESH-030",
    wrong: {
      what: "a stream has the timeout of the other methods",
      change: "policies: { seats: { methods: { WatchSeats: { timeout: null } } } }",
      line: "timeout: 800ms",
      says: "cut off after 800ms",
    },
    nearMiss: {
      what: "a stream has none",
      change: "policies: { seats: { methods: { WatchSeats: { timeout: none, retries: none } } } }",
    },
  },
  {
    code: "MESH-030",
    wrong: {
      what: "a stream must begin within the time of a try",
      change:
        "policies: { seats: { methods: { WatchSeats: { retries: { attempts: 1, perTry: 2s, on: [unavailable, reset] } } } } }",
      line: "perTry: 2s",
      says: "cut off after 2s, without a first message by then",
    },
    nearMiss: {
      what: "a stream is begun again without a time for each try",
      change:
        "policies: { seats: { defaults: { retries: { perTry: null } }, methods: { WatchSeats: { retries: { attempts: 1, on: [unavailable] } } } } }",
    },
  },
  {
    code: "MESH-031",
    wrong: {
      what: "a stream of requests is retried",
      change: `
        protos: { proto/posters.proto: ${stream("")} }
        policies: { posters: { service: cinema.posters.v1.PosterService, workload: posters, port: { number: 7005, appProtocol: grpc },
          defaults: { timeout: none, retries: { attempts: 2, on: [unavailable] } } } }`,
      line: "attempts: 2",
      says: "as long as the proxy still has all of it",
    },
    nearMiss: {
      what: "a stream of answers is",
      change: "policies: { seats: { methods: { WatchSeats: { retries: { attempts: 1, on: [unavailable] } } } } }",
    },
  },
  {
    code: "MESH-032",
    wrong: {
      what: "a longest pause of forty times the first",
      change: "policies: { seats: { defaults: { retries: { backoff: 5ms..200ms } } } }",
      line: "backoff: 5ms..200ms",
      says: "in Istio up to 10 × 5ms = 50ms",
    },
    nearMiss: {
      what: "a longest pause of ten times the first",
      change: "policies: { seats: { defaults: { retries: { backoff: 6ms..60ms } } } }",
    },
  },
  {
    code: "MESH-033",
    wrong: {
      what: "the longer pause is written first",
      change: "policies: { seats: { defaults: { retries: { backoff: 60ms..6ms } } } }",
      line: "backoff: 60ms..6ms",
      says: "the longest pause, 6ms, is below the first, 60ms",
    },
    nearMiss: {
      what: "both are the same",
      change: "policies: { seats: { defaults: { retries: { backoff: 20ms..20ms } } } }",
    },
  },
];
