import type { Case } from "./case.ts";

export const callerCases: readonly Case[] = [
  {
    code: "MESH-070",
    wrong: {
      what: "nobody may call a method",
      change: "callers: { callers: { web: { calls: { cinema.seats.v1.SeatService: [WatchSeats] } } } }",
      line: "service: cinema.seats.v1.SeatService",
      says: "nobody may call ListSeats",
    },
    nearMiss: {
      what: "another caller may",
      change: `
        callers:
          callers:
            web: { calls: { cinema.seats.v1.SeatService: [WatchSeats] } }
            kiosk: { calls: { cinema.seats.v1.SeatService: [ListSeats] } }`,
    },
  },
  {
    code: "MESH-071",
    wrong: {
      what: "a permission that the code does not use",
      change:
        "callers: { callers: { seats: { calls: { cinema.tickets.v1.TicketService: [GetTicket] }, during: { HoldSeats: { cinema.tickets.v1.TicketService: [GetTicket] } } } } }",
      line: "- GetTicket",
      says: "not called in seats (files read: 1)",
    },
    nearMiss: {
      what: "a caller whose code is not here",
      change: "callers: { callers: { kiosk: { calls: { cinema.tickets.v1.TicketService: [GetTicket] } } } }",
    },
  },
  {
    code: "MESH-071",
    wrong: {
      what: "all methods, and the code uses some",
      change: "callers: { callers: { web: { calls: { cinema.tickets.v1.TicketService: all } } } }",
      line: "cinema.tickets.v1.TicketService: all",
      says: "not called",
    },
    nearMiss: {
      what: "the method is chosen at run time",
      change: `
        callers: { callers: { web: { calls: { cinema.tickets.v1.TicketService: all } } } }
        code:
          web:
            web/page.ts: |
              const seats = createClient(SeatService, transport);
              const tickets = createClient(TicketService, transport);
              await tickets[name]({});
              await seats[name]({});`,
    },
  },
  {
    code: "MESH-072",
    wrong: {
      what: "the code calls what callers.yaml does not allow",
      change:
        "callers: { callers: { booking: { calls: { cinema.seats.v1.SeatService: [HoldSeats] }, during: { CancelBooking: null } } } }",
      line: "ports.seatClient.releaseSeats",
      says: "does not let booking call ReleaseSeats",
    },
    nearMiss: {
      what: "only a spec calls it: booking/book.spec.ts calls ListSeats",
      change: "callers: { callers: { booking: { code: [booking] } } }",
    },
  },
  {
    code: "MESH-072",
    wrong: {
      what: "the gateway transcodes what it may not call",
      change: "callers: { callers: { web: { calls: { cinema.booking.v1.BookingService: [Book, GetBooking] } } } }",
      line: "transcodes: true",
      says: "does not let web call CancelBooking",
    },
    nearMiss: {
      what: "it transcodes no longer",
      change:
        "callers: { callers: { web: { transcodes: false, calls: { cinema.booking.v1.BookingService: [Book, GetBooking] } } } }",
    },
  },
  {
    code: "MESH-073",
    wrong: {
      what: "a method needs a call that is not allowed",
      change:
        "callers: { callers: { booking: { during: { GetBooking: { cinema.tickets.v1.TicketService: [GetTicket] } } } } }",
      line: "- GetTicket",
      says: "GetBooking makes this call, and calls of booking does not allow it",
    },
    nearMiss: {
      what: "it is allowed",
      change: `
        callers:
          callers:
            booking:
              calls: { cinema.tickets.v1.TicketService: [IssueTickets, GetTicket] }
              during: { GetBooking: { cinema.tickets.v1.TicketService: [GetTicket] } }`,
    },
  },
  {
    code: "MESH-074",
    wrong: {
      what: "a call that comes back",
      change: `
        callers:
          callers:
            pricing:
              calls: { cinema.seats.v1.SeatService: [HoldSeats] }
              during: { QuotePrices: { cinema.seats.v1.SeatService: [HoldSeats] } }`,
      line: "- QuotePrices",
      says: "SeatService/HoldSeats → PricingService/QuotePrices → SeatService/HoldSeats",
    },
    nearMiss: {
      what: "a call back to another method",
      change: `
        callers:
          callers:
            pricing:
              calls: { cinema.seats.v1.SeatService: [ListSeats] }
              during: { QuotePrices: { cinema.seats.v1.SeatService: [ListSeats] } }`,
    },
  },
  {
    code: "MESH-075",
    wrong: {
      what: "nothing says which method needs a call",
      change: "callers: { callers: { seats: { during: null } } }",
      line: "- QuotePrices",
      says: "seats serves methods itself",
    },
    nearMiss: {
      what: "any method may need it",
      change:
        'callers: { callers: { seats: { during: { HoldSeats: null, "*": { cinema.pricing.v1.PricingService: [QuotePrices] } } } } }',
    },
  },
  {
    code: "MESH-080",
    wrong: {
      what: "a method says again what the defaults say",
      change: "policies: { seats: { methods: { ListSeats: { retries: { perTry: 200ms } } } } }",
      line: "retries:",
      says: "retries is what the defaults say",
    },
    nearMiss: {
      what: "a method says something else, and repeats the rest of it",
      change: "policies: { seats: { methods: { ListSeats: { retries: { attempts: 2, perTry: 190ms } } } } }",
    },
  },
  {
    code: "MESH-081",
    wrong: {
      what: "an overlay says again what the policy says",
      change: "overlays: { live: { services: { cinema.pricing.v1.PricingService: { breaker: { pending: 100 } } } } }",
      line: "pending: 100",
      says: "breaker.pending is what policies/pricing.yaml:",
      environments: ["live"],
    },
    nearMiss: {
      what: "an overlay says something else",
      change: "overlays: { live: { services: { cinema.pricing.v1.PricingService: { breaker: { pending: 99 } } } } }",
    },
  },
  {
    code: "MESH-084",
    wrong: {
      what: "every method has its own timeout",
      change: "policies: { pricing: { methods: { QuotePrices: { timeout: 420ms } } } }",
      line: "timeout: 400ms",
      says: "defaults.timeout holds for none of QuotePrices",
    },
    nearMiss: {
      what: "every method changes a part of the retries",
      change: "policies: { pricing: { methods: { QuotePrices: { retries: { perTry: 170ms } } } } }",
    },
  },
  {
    code: "MESH-085",
    wrong: {
      what: "a method twice in a list",
      change:
        "callers: { callers: { booking: { calls: { cinema.seats.v1.SeatService: [HoldSeats, ReleaseSeats, HoldSeats] } } } }",
      line: "- HoldSeats",
      says: "HoldSeats is in the list already",
    },
    nearMiss: {
      what: "a method once for each caller",
      change: "callers: { callers: { kiosk: { calls: { cinema.seats.v1.SeatService: [HoldSeats, ReleaseSeats] } } } }",
    },
  },
];
