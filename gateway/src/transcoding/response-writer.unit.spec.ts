import { create, type DescMethod, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { libraryMethod } from "../testdata/library.ts";
import { jsonPath } from "./field-names.ts";
import { httpBindings } from "./http-bindings.ts";
import { locationWriter } from "./location.ts";
import { responseWriter } from "./response-writer.ts";

function write(rpc: string, response: JsonValue, binding = 0): unknown {
  const method = libraryMethod(rpc);
  const chosen = httpBindings(method)[binding];
  if (chosen === undefined) throw new Error(`${rpc} has no binding ${binding}`);
  return JSON.parse(responseWriter(chosen)(fromJson(method.output, response)));
}

describe("responseWriter", () => {
  it("writes int64 as text, enums by name, and all fields that have no presence", () => {
    expect(write("UpdateBook", { copies: "9007199254740993", genre: "GENRE_CRIME" })).toEqual({
      isbn: "",
      title: "",
      genre: "GENRE_CRIME",
      authors: [],
      copies: "9007199254740993",
      ratings: {},
    });
  });

  it("writes fields with presence once they are set, be they empty", () => {
    expect(write("UpdateBook", { subtitle: "", shelf: "" })).toMatchObject({ subtitle: "", shelf: "" });
  });

  it("writes only the field that response_body names", () => {
    expect(write("CreateBook", { book: { isbn: "1" } })).toMatchObject({ isbn: "1", authors: [] });
    expect(write("CreateBook", {})).toBeNull();
    expect(write("ListBooks", { titles: ["a"], books: [] }, 1)).toEqual(["a"]);
    expect(write("ListBooks", {}, 1)).toEqual([]);
  });
});

describe("locationWriter", () => {
  const method: DescMethod = libraryMethod("CreateBook");
  const location = (template: string, book: JsonValue): string | undefined =>
    locationWriter(method, template)(fromJson(method.output, { book }));

  it("fills the template from the response, percent-encoded", () => {
    expect(location("/v1/books/{book.isbn}", { isbn: "a/b c" })).toBe("/v1/books/a%2Fb%20c");
    expect(location("/g/{book.genre}/{book.copies}/x", { genre: "GENRE_CRIME" })).toBe("/g/GENRE_CRIME/0/x");
  });

  it("is left away when the response lacks the field", () => {
    expect(location("/v1/books/{book.isbn}", {})).toBeUndefined();
    expect(locationWriter(method, "/v1/books/{book.isbn}")(create(method.output))).toBeUndefined();
  });

  it("refuses a template that names no scalar of the response", () => {
    expect(() => locationWriter(method, "/v1/{book.nothing}")).toThrow("{book.nothing} is no field");
    expect(() => locationWriter(method, "/v1/{book}")).toThrow("{book} must be a scalar");
  });
});

describe("jsonPath", () => {
  it("rewrites proto names to JSON names as far as the path leads into the message", () => {
    const book = libraryMethod("UpdateBook").input;
    expect(jsonPath(book, "authors[0].full_name")).toBe("authors[0].fullName");
    expect(jsonPath(book, "publish_time")).toBe("publishTime");
    expect(jsonPath(book, "lent_edition.some_thing")).toBe("lentEdition.some_thing");
    expect(jsonPath(book, "")).toBe("");
    expect(jsonPath(book, "no_field.x")).toBe("no_field.x");
  });
});
