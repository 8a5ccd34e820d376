import { expect, test } from "vitest";
import { MeshFilesError } from "./positioned.ts";
import { servicesIn } from "./read-protos.ts";

const text = `syntax = "proto3";
package cinema.v1;
import "google/api/annotations.proto";

// Seats of one show.
service SeatService {
  rpc GetSeat(GetSeatRequest) returns (GetSeatResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = { get: "/v1/seats/{id}" };
  }
  rpc HoldSeat(HoldSeatRequest) returns (HoldSeatResponse);
  rpc ReleaseSeat(ReleaseSeatRequest) returns (ReleaseSeatResponse) {
    option idempotency_level = IDEMPOTENT;
  }
  rpc WatchSeats(WatchSeatsRequest) returns (stream WatchSeatsResponse);
  rpc Upload(stream UploadRequest) returns (stream UploadResponse);
}
message GetSeatRequest { string id = 1; }
`;

test("services, methods, their idempotency, streams, routes and lines are read without any import", () => {
  const [service] = servicesIn(text, "seat.proto");
  expect(service).toMatchObject({ name: "cinema.v1.SeatService", file: "seat.proto", line: 6 });
  const [get, hold, release, watch, upload] = service?.methods ?? [];
  expect(get).toMatchObject({
    path: "/cinema.v1.SeatService/GetSeat",
    idempotency: "no-side-effects",
    http: true,
    line: 7,
  });
  expect(hold).toMatchObject({ idempotency: "unknown", http: false, streaming: "unary", line: 11 });
  expect(release?.idempotency).toBe("idempotent");
  expect([watch?.streaming, upload?.streaming]).toEqual(["server", "bidi"]);
});

test("a file that is no proto is told with its line", () => {
  expect(() => servicesIn('syntax = "proto3";\nservice {', "broken.proto")).toThrow(MeshFilesError);
  expect(() => servicesIn('syntax = "proto3";\nservice {', "broken.proto")).toThrow(/^broken\.proto:2: /);
});
