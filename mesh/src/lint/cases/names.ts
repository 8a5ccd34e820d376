import type { Case } from "./case.ts";

export const nameCases: readonly Case[] = [
  {
    code: "MESH-002",
    wrong: {
      what: "a caller may call a service of another version",
      change: "callers: { callers: { web: { calls: { cinema.seats.v2.SeatService: [ListSeats] } } } }",
      line: "cinema.seats.v2.SeatService:",
      says: "no proto declares cinema.seats.v2.SeatService",
    },
    nearMiss: {
      what: "the proto has that version too",
      change: `
        callers: { callers: { web: { calls: { cinema.seats.v2.SeatService: [ListSeats] } } } }
        protos: { proto/seats/v2.proto: 'syntax = "proto3"; package cinema.seats.v2; service SeatService { rpc ListSeats(A) returns (B); }' }`,
    },
  },
  {
    code: "MESH-002",
    wrong: {
      what: "an overlay changes a service that is not there",
      change: "overlays: { live: { services: { cinema.seat.v1.SeatService: { locality: failover } } } }",
      line: "cinema.seat.v1.SeatService:",
      says: "no proto declares cinema.seat.v1.SeatService",
      environments: ["live"],
    },
    nearMiss: {
      what: "an overlay changes a service that has no overlay yet",
      change: "overlays: { live: { services: { cinema.tickets.v1.TicketService: { connectTimeout: 100ms } } } }",
    },
  },
  {
    code: "MESH-003",
    wrong: {
      what: "a policy names a method that is misspelt",
      change: "policies: { seats: { methods: { ReleaseSeat: { retries: none } } } }",
      line: "ReleaseSeat:",
      says: "has no method ReleaseSeat",
    },
    nearMiss: {
      what: "a policy names a method that is there",
      change: "policies: { seats: { methods: { ReleaseSeats: { retries: none } } } }",
    },
  },
  {
    code: "MESH-003",
    wrong: {
      what: "a deadline names a method of another service",
      change: "callers: { callers: { seats: { deadline: { cinema.pricing.v1.PricingService/ListSeats: 1s } } } }",
      line: "cinema.pricing.v1.PricingService/ListSeats:",
      says: "cinema.pricing.v1.PricingService has no method ListSeats",
    },
    nearMiss: {
      what: "retries in code name a service without a method",
      change: `
        callers: { callers: { web: { retriesInCode: { cinema.tickets.v1.TicketService: 1 } } } }`,
    },
  },
  {
    code: "MESH-004",
    wrong: {
      what: "replicas of an environment that mesh.yaml does not list",
      change: "policies: { seats: { replicas: { dev: 2, live: 4, prod: 8 } } }",
      line: "prod: 8",
      says: "no environment prod",
    },
    nearMiss: {
      what: "mesh.yaml lists it",
      change: `
        mesh: { environments: [dev, live, prod] }
        policies: { seats: { replicas: { dev: 2, live: 4, prod: 8 } } }`,
    },
  },
  {
    code: "MESH-004",
    wrong: {
      what: "the gateway is a workload that may call nothing",
      change: "mesh: { gateway: { workload: front } }",
      line: "workload: front",
      says: "front has no entry in callers.yaml",
    },
    nearMiss: {
      what: "the gateway is another caller",
      change: "mesh: { gateway: { workload: booking } }",
    },
  },
  {
    code: "MESH-005",
    wrong: {
      what: "a suppression for a finding that is mended",
      change:
        "policies: { seats: { suppress: [{ code: MESH-070, method: ListSeats, reason: the kiosk will call it }] } }",
      line: "code: MESH-070",
      says: "no finding MESH-070 of ListSeats",
    },
    nearMiss: {
      what: "the finding is there",
      change: `
        callers: { callers: { web: { calls: { cinema.seats.v1.SeatService: [WatchSeats] } } } }
        policies: { seats: { suppress: [{ code: MESH-070, method: ListSeats, reason: the kiosk will call it }] } }`,
    },
  },
  {
    code: "MESH-006",
    wrong: {
      what: "a called service has no policy",
      change: "policies: { pricing: null }",
      line: "- QuotePrices",
      says: "Istio retries twice, without any timeout",
    },
    nearMiss: {
      what: "a service without a policy that nobody calls",
      change: `
        policies: { pricing: null }
        callers: { callers: { seats: { calls: null, during: null } } }`,
    },
  },
  {
    code: "MESH-007",
    wrong: {
      what: "the folder of the code is not there",
      change: "policies: { pricing: { code: [pricing] } }",
      line: "- pricing",
      says: "pricing: there is no such folder",
    },
    nearMiss: { what: "no folder is named", change: "policies: { pricing: { code: [] } }" },
  },
  {
    code: "MESH-008",
    wrong: {
      what: "replicas leave an environment out",
      change: "policies: { seats: { replicas: { live: null } } }",
      line: "replicas:",
      says: "nothing of live: 1 is assumed",
      environments: ["live"],
    },
    nearMiss: { what: "one number for all", change: "policies: { seats: { replicas: 3 } }" },
  },
];
