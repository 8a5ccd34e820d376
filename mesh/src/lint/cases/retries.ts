import type { Case } from "./case.ts";

export const retryCases: readonly Case[] = [
  {
    code: "MESH-010",
    wrong: {
      what: "a method whose proto declares nothing is retried after an answer",
      change:
        "policies: { tickets: { methods: { IssueTickets: { retries: { attempts: 2, perTry: 200ms, on: [unavailable] } } } } }",
      line: "attempts: 2",
      says: "sent up to 3 times",
    },
    nearMiss: {
      what: "a method that is declared without side effects is retried so",
      change:
        "policies: { tickets: { methods: { GetTicket: { retries: { attempts: 2, perTry: 200ms, on: [unavailable] } } } } }",
    },
  },
  {
    code: "MESH-010",
    wrong: {
      what: "the defaults of the service retry a method that says nothing itself",
      change:
        "policies: { tickets: { defaults: { retries: { attempts: 1, perTry: 200ms, on: [unavailable, reset] } } } }",
      line: "attempts: 1",
      says: "after reset, unavailable the server may have done the work",
    },
    nearMiss: {
      what: "the defaults retry, and the method says none",
      change: `
        policies:
          tickets:
            defaults: { retries: { attempts: 1, perTry: 200ms, on: [unavailable, reset] } }
            methods: { IssueTickets: { retries: none } }`,
    },
  },
  {
    code: "MESH-011",
    wrong: {
      what: "nothing is said of the retries of a method that is not idempotent",
      change: "policies: { tickets: { defaults: { retries: null } } }",
      line: "service: cinema.tickets.v1.TicketService",
      says: "Istio 1.30 sends it up to 3 times",
    },
    nearMiss: {
      what: "nothing is said, and all methods are declared",
      change: "policies: { pricing: { defaults: { retries: null } } }",
    },
  },
  {
    code: "MESH-012",
    wrong: {
      what: "a method that is not idempotent is retried before the server has it",
      change:
        "policies: { booking: { methods: { Book: { retries: { attempts: 1, on: [connect-failure, refused-stream] } } } } }",
      line: "attempts: 1",
      says: "connect-failure, refused-stream only",
    },
    nearMiss: {
      what: "an idempotent method is retried so",
      change:
        "policies: { booking: { methods: { CancelBooking: { retries: { attempts: 1, on: [connect-failure, refused-stream] } } } } }",
    },
  },
  {
    code: "MESH-013",
    wrong: {
      what: "an abort on a route with retries",
      change:
        "policies: { seats: { methods: { ListSeats: { fault: { abort: { status: UNAVAILABLE, percent: 50% } } } } } }",
      line: "fault:",
      says: "has a fault and 2 retries",
    },
    nearMiss: {
      what: "an abort on a route without",
      change:
        "policies: { seats: { methods: { HoldSeats: { fault: { abort: { status: UNAVAILABLE, percent: 50% } } } } } }",
    },
  },
  {
    code: "MESH-014",
    wrong: {
      what: "the code retries what the mesh retries",
      change: "callers: { callers: { web: { retriesInCode: { cinema.seats.v1.SeatService/ListSeats: 3 } } } }",
      line: "cinema.seats.v1.SeatService/ListSeats: 3",
      says: "(3 + 1) × (2 + 1) = 12",
    },
    nearMiss: {
      what: "the code retries what the mesh does not",
      change: "callers: { callers: { web: { retriesInCode: { cinema.tickets.v1.TicketService/GetTicket: 3 } } } }",
    },
  },
  {
    code: "MESH-015",
    wrong: {
      what: "a method is retried whose callee is retried too",
      change:
        "policies: { seats: { methods: { HoldSeats: { retries: { attempts: 2, perTry: 300ms, on: [unavailable, reset] } } } } }",
      line: "- QuotePrices",
      says: "(2 + 1) × (1 + 1) = 6",
    },
    nearMiss: {
      what: "the upper one is retried only when it was never reached",
      change:
        "policies: { seats: { methods: { HoldSeats: { retries: { attempts: 2, on: [connect-failure, refused-stream] } } } } }",
    },
  },
  {
    code: "MESH-016",
    wrong: {
      what: "gRPC is retried on HTTP status alone",
      change: "policies: { pricing: { defaults: { retries: { on: [5xx] } } } }",
      line: "on:",
      says: "UNAVAILABLE is HTTP 200",
    },
    nearMiss: {
      what: "a gRPC status is beside it",
      change: "policies: { pricing: { defaults: { retries: { on: [5xx, unavailable] } } } }",
    },
  },
  {
    code: "MESH-016",
    wrong: {
      what: "a condition on 409 and the like",
      change: "policies: { pricing: { defaults: { retries: { on: [unavailable, reset, retriable-4xx] } } } }",
      line: "on:",
      says: "retriable-4xx: looks at the HTTP status",
    },
    nearMiss: {
      what: "nobody wrote retriable-status-codes: it is Istio's own",
      change: "policies: { pricing: { defaults: { retries: null } } }",
    },
  },
  {
    code: "MESH-017",
    wrong: {
      what: "a full callee is called again",
      change: "policies: { seats: { defaults: { retries: { on: [unavailable, reset, resource-exhausted] } } } }",
      line: "on:",
      says: "up to 3 times the requests",
    },
    nearMiss: {
      what: "the conditions stand beside retries: none",
      change: `
        policies:
          seats: { methods: { ListSeats: { retries: none }, ReleaseSeats: { retries: none } },
                   defaults: { retries: { on: [unavailable, reset, resource-exhausted] } } }
        callers: { callers: { web: { calls: { cinema.seats.v1.SeatService: [ListSeats] } } } }`,
    },
  },
  {
    code: "MESH-017",
    wrong: {
      what: "a slow callee is called again without a budget",
      change:
        "policies: { seats: { breaker: { retryBudget: null, retryMinimum: null }, defaults: { retries: { on: [unavailable, deadline-exceeded] } } } }",
      line: "on:",
      says: "deadline-exceeded: a callee that is full or slow",
    },
    nearMiss: {
      what: "each try has its time, and a budget bounds the retries",
      change: "policies: { seats: { defaults: { retries: { on: [unavailable, reset, deadline-exceeded] } } } }",
    },
  },
  {
    code: "MESH-018",
    wrong: {
      what: "a budget of nothing",
      change: "policies: { seats: { breaker: { retryBudget: 0%, retryMinimum: 0 } } }",
      line: "retryBudget: 0%",
      says: "refuses every one of them",
    },
    nearMiss: {
      what: "a budget of nothing with a minimum",
      change: "policies: { seats: { breaker: { retryBudget: 0%, retryMinimum: 3 } } }",
    },
  },
  {
    code: "MESH-018",
    wrong: {
      what: "no retry at once",
      change: "policies: { seats: { breaker: { retryBudget: null, retryMinimum: null, maxRetries: 0 } } }",
      line: "maxRetries: 0",
      says: "maxRetries 0 refuses",
    },
    nearMiss: {
      what: "no retry at once of a service that is not retried",
      change: "policies: { tickets: { breaker: { retryBudget: null, retryMinimum: null, maxRetries: 0 } } }",
    },
  },
  {
    code: "MESH-050",
    wrong: {
      what: "a budget without its percentage on Istio 1.28.9",
      change: `
        mesh: { istio: 1.28.9 }
        policies: { seats: { breaker: { retryBudget: null } } }`,
      line: "retryMinimum: 3",
      says: "is 0.2% in Istio 1.28.9: of 1,000 requests under way 2 may be retries",
    },
    nearMiss: {
      what: "the same on 1.28.10, where the default is right",
      change: `
        mesh: { istio: 1.28.10 }
        policies: { seats: { breaker: { retryBudget: null } } }`,
    },
  },
  {
    code: "MESH-051",
    wrong: {
      what: "neither budget nor maximum",
      change: "policies: { seats: { breaker: { retryBudget: null, retryMinimum: null } } }",
      line: "service: cinema.seats.v1.SeatService",
      says: "3 times its load",
    },
    nearMiss: {
      what: "a maximum instead of the budget",
      change: "policies: { seats: { breaker: { retryBudget: null, retryMinimum: null, maxRetries: 10 } } }",
    },
  },
  {
    code: "MESH-052",
    wrong: {
      what: "four of five requests may be retries",
      change: "policies: { seats: { breaker: { retryBudget: 80% } } }",
      line: "retryBudget: 80%",
      says: "1/(1 − 0.8) = 5 times the load",
    },
    nearMiss: {
      what: "one of three",
      change: "policies: { seats: { breaker: { retryBudget: 33% } } }",
    },
  },
  {
    code: "MESH-083",
    wrong: {
      what: "a maximum beside the budget",
      change: "policies: { seats: { breaker: { maxRetries: 10 } } }",
      line: "maxRetries: 10",
      says: "never read: retryBudget 20% takes its place",
    },
    nearMiss: {
      what: "a maximum alone",
      change: "policies: { seats: { breaker: { maxRetries: 10, retryBudget: null, retryMinimum: null } } }",
    },
  },
  {
    code: "MESH-083",
    wrong: {
      what: "a minimum above the budget's share of all requests",
      change: "policies: { seats: { breaker: { requests: 100, retryMinimum: 25 } }, pricing: {} }",
      line: "retryMinimum: 25",
      says: "20% of 100 requests = 20",
      environments: ["dev"],
    },
    nearMiss: {
      what: "a minimum below it",
      change: "policies: { seats: { breaker: { requests: 100, retryMinimum: 15 } } }",
    },
  },
];
