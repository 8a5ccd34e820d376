import { describe, expect, it } from "vitest";
import { servicesIn } from "../files/read-protos.ts";
import { callsIn } from "./code-calls.ts";
import { parseSource, type SourceFile } from "./parse-source.ts";

const proto = `syntax = "proto3"; package cinema.seats.v1;
service SeatService { rpc HoldSeats(A) returns (B); rpc ListSeats(A) returns (B); }`;
const catalog = new Map(servicesIn(proto, "seats.proto").map((service) => [service.name, service]));

function source(text: string, file = "a.ts"): SourceFile {
  const parsed = parseSource(text, file);
  if ("message" in parsed) throw new Error(parsed.message);
  return parsed;
}

const callsOf = (...files: SourceFile[]): string[] =>
  callsIn(files, catalog).map(({ method, file, line }) => `${file}:${line} ${method}`);

describe("a call in the code", () => {
  it.each([
    ["of a client that is made there", "const seats = createClient(SeatService, t);\nawait seats.holdSeats({});"],
    ["of a client made on the spot", "\ncreateClient(SeatService, t).holdSeats({});"],
    [
      "of a parameter typed as a client",
      "function f(seats: Client<typeof SeatService>) {\nreturn seats.holdSeats({}); }",
    ],
    ["of a private field", "class A { #s = createClient(SeatService, t);\n f() { return this.#s.holdSeats({}); } }"],
    [
      "of a constructor's field",
      "class A { constructor(private readonly s: Client<typeof SeatService>) {}\n f() { this.s.holdSeats({}); } }",
    ],
    ["of a generated client class", "const s = new SeatServiceClient(address);\ns.HoldSeats({}, done);"],
    [
      "of a type with a name of its own",
      "type Seats = Client<typeof SeatService>;\nconst f = (s: Seats) => s.holdSeats({});",
    ],
    ["of a client passed on", "const a = { s: createClient(SeatService, t) }; const b = a.s;\nb.holdSeats({});"],
    [
      "of what a function returns",
      "function seats(): Client<typeof SeatService> { return made; }\nseats().holdSeats({});",
    ],
    ["with an optional chain", "const s: Client<typeof SeatService> | undefined = pick();\ns?.holdSeats({});"],
  ])("is found: %s", (_what, text) => {
    expect(callsOf(source(text))).toEqual(["a.ts:2 HoldSeats"]);
  });

  it("is found where another file types the client", () => {
    const ports = source("export interface Ports { readonly seats: Client<typeof SeatService> }", "ports.ts");
    const uses = source("export const f = ({ seats }: Ports) => seats.listSeats({});", "use.ts");
    expect(callsOf(ports, uses)).toEqual(["use.ts:1 ListSeats"]);
  });

  it("by a name made at run time may be any method", () => {
    expect(callsOf(source("const s = createClient(SeatService, t); s[name]({});"))).toEqual(["a.ts:1 undefined"]);
  });

  it.each([
    ["a function with a method's name", 'import type { SeatService } from "x"; holdSeats(database);'],
    ["a member of something else", "const s = createClient(SeatService, t); database.holdSeats({});"],
    ["a member that is no method", "const s = createClient(SeatService, t); s.close();"],
    ["a handler of the service", "const impl: ServiceImpl<typeof SeatService> = { holdSeats() {} }; impl.holdSeats();"],
  ])("is not: %s", (_what, text) => {
    expect(callsOf(source(text))).toEqual([]);
  });

  it("has the line of the syntax error when its file cannot be parsed", () => {
    expect(parseSource("const a = 1;\nconst = 2;", "b.ts")).toMatchObject({ file: "b.ts", line: 2 });
  });
});
