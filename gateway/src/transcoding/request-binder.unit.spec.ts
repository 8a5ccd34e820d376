import { toJson } from "@bufbuild/protobuf";
import { DomainError, type FieldViolation } from "@ordermesh/runtime/errors";
import { describe, expect, it } from "vitest";
import { libraryMethod } from "../testdata/library.ts";
import { httpBindings } from "./http-bindings.ts";
import { RequestBinder } from "./request-binder.ts";
import { RouteTree } from "./route-tree.ts";

interface Request {
  rpc: string;
  url: string;
  method?: string;
  body?: string | Uint8Array;
}

/** Sends a request through the routes of one method, and returns its request message as JSON. */
function bind({ rpc, url, method = "GET", body }: Request): unknown {
  const descriptor = libraryMethod(rpc);
  const tree = new RouteTree<RequestBinder>();
  for (const binding of httpBindings(descriptor)) {
    tree.add(binding.httpMethod, binding.template, new RequestBinder(binding));
  }
  const [path = "", query = ""] = url.split("?");
  const match = tree.match(method, path);
  if (match.kind !== "found") throw new Error(`${method} ${url}: ${match.kind}`);
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return toJson(descriptor.input, match.route.bind(match.segments, query, bytes));
}

function refused(request: Request): DomainError {
  try {
    bind(request);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error("the request was taken");
}

const violations = (request: Request): readonly FieldViolation[] => refused(request).violations;

describe("path variables", () => {
  it("fill a field with several segments", () => {
    expect(bind({ rpc: "GetBook", url: "/v1/shelves/7/books/a%20b%2Fc" })).toEqual({
      name: "shelves/7/books/a b%2Fc",
    });
  });

  it("fill a field with one segment, decoded in full", () => {
    expect(bind({ rpc: "GetBook", url: "/v1/books/a%2Fb" })).toEqual({ isbn: "a/b" });
  });

  it("fill nested fields with values of their types", () => {
    expect(bind({ rpc: "GetBook", url: "/v1/editions/3/de" })).toEqual({ edition: { number: 3, language: "de" } });
  });

  it("capture with ** all the rest, and nothing", () => {
    expect(bind({ rpc: "ReadFile", url: "/v1/files/a/b%2Fc/d" })).toEqual({ path: "a/b%2Fc/d" });
    expect(bind({ rpc: "ReadFile", url: "/v1/files" })).toEqual({});
    expect(bind({ rpc: "ReadFile", url: "/v1/archive/2020/a/b:raw" })).toEqual({ path: "a/b" });
  });

  it("read int64, enums by name or number, bool, bytes and times by the JSON mapping", () => {
    expect(
      bind({ rpc: "Probe", url: "/v1/probe/-9007199254740993/GENRE_CRIME/true/_-8/2026-01-31T12:00:00.5Z" }),
    ).toEqual({
      int64Value: "-9007199254740993",
      enumValue: "GENRE_CRIME",
      boolValue: true,
      bytesValue: "/+8=",
      timeValue: "2026-01-31T12:00:00.500Z",
    });
    expect(bind({ rpc: "Probe", url: "/v1/probe/0/1/false/YQ==/2026-01-31T12:00:00%2B01:00" })).toEqual({
      enumValue: "GENRE_POETRY",
      bytesValue: "YQ==",
      timeValue: "2026-01-31T11:00:00Z",
    });
  });

  it("that do not fit their field are named, with what is allowed", () => {
    expect(violations({ rpc: "GetBook", url: "/v1/editions/three/de" })).toEqual([
      {
        field: "edition.number",
        description: 'given "three"; allowed: a whole number from -2147483648 to 2147483647',
        reason: "WRONG_TYPE",
      },
    ]);
    const fields = violations({ rpc: "Probe", url: "/v1/probe/x/GENRE_NONE/yes/*/noon" }).map(({ field }) => field);
    expect(fields.sort()).toEqual(["boolValue", "bytesValue", "enumValue", "int64Value", "timeValue"]);
  });

  it("must not hold NUL", () => {
    expect(violations({ rpc: "GetBook", url: "/v1/books/a%00" })).toMatchObject([
      { field: "isbn", reason: "NUL_CHARACTER" },
    ]);
  });
});

describe("query parameters", () => {
  it("are found by proto name and by JSON name, nested ones too", () => {
    const expected = { pageSize: 5, filter: { authorName: "Ada L", publishedAfter: "2026-01-01T00:00:00Z" } };
    const time = "2026-01-01T00:00:00Z";
    expect(
      bind({ rpc: "ListBooks", url: `/v1/books?page_size=5&filter.author_name=Ada+L&filter.published_after=${time}` }),
    ).toEqual(expected);
    expect(
      bind({ rpc: "ListBooks", url: `/v1/books?pageSize=5&filter.authorName=Ada%20L&filter.publishedAfter=${time}` }),
    ).toEqual(expected);
  });

  it("append to repeated fields in the order given", () => {
    expect(
      bind({ rpc: "ListBooks", url: "/v1/books?words=b&words=a&filter.genres=GENRE_CRIME&filter.genres=1" }),
    ).toEqual({
      words: ["b", "a"],
      filter: { genres: ["GENRE_CRIME", "GENRE_POETRY"] },
    });
  });

  it("reach fields of recursive messages", () => {
    expect(bind({ rpc: "ListBooks", url: "/v1/books?filter.nested.nested.authorName=x" })).toEqual({
      filter: { nested: { nested: { authorName: "x" } } },
    });
  });

  it("read every scalar and the well-known types that JSON writes as one value", () => {
    const query = [
      "stringValue=%C3%A9%26",
      "int32Value=-5",
      "uint32Value=4294967295",
      "uint64Value=18446744073709551615",
      "doubleValue=-1.5e3",
      "durationValue=1.5s",
      "maskValue=a.bC,d",
      "wrappedInt64=0",
      "wrappedBool=false",
      "int64List=1&int64List=2",
    ].join("&");
    expect(bind({ rpc: "Probe", url: `/v1/probe?${query}` })).toEqual({
      stringValue: "é&",
      int32Value: -5,
      uint32Value: 4294967295,
      uint64Value: "18446744073709551615",
      doubleValue: -1500,
      durationValue: "1.500s",
      maskValue: "a.bC,d",
      wrappedInt64: "0",
      wrappedBool: false,
      int64List: ["1", "2"],
    });
  });

  it("without a value, or with empty pairs around them, are read", () => {
    expect(bind({ rpc: "ListBooks", url: "/v1/books?&pageToken&&words=&" })).toEqual({ words: [""] });
  });

  it("keep what follows the first equals sign", () => {
    expect(bind({ rpc: "ListBooks", url: "/v1/books?pageToken=a=b==" })).toEqual({ pageToken: "a=b==" });
  });

  it("that are unknown are named, with what is allowed there", () => {
    expect(violations({ rpc: "ListBooks", url: "/v1/books?pagesize=5&filter.author=x" })).toEqual([
      {
        field: "pagesize",
        description: "unknown parameter; allowed: pageSize, pageToken, filter, words, authors, labels",
        reason: "UNKNOWN_FIELD",
      },
      {
        field: "filter.author",
        description: "unknown parameter; allowed: authorName, genres, publishedAfter, nested",
        reason: "UNKNOWN_FIELD",
      },
    ]);
  });

  it.each(["filter=x", "authors=x", "authors.fullName=x", "labels=x", "labels.a=x", "filter.publishedAfter.seconds=1"])(
    "cannot be messages, lists of messages or maps: %s",
    (query) => {
      expect(violations({ rpc: "ListBooks", url: `/v1/books?${query}` })).toMatchObject([{ reason: "UNKNOWN_FIELD" }]);
    },
  );

  it("cannot give a single value twice, under one name or two", () => {
    expect(violations({ rpc: "ListBooks", url: "/v1/books?pageSize=1&page_size=2" })).toEqual([
      { field: "pageSize", description: "given more than once; allowed: once", reason: "SET_TWICE" },
    ]);
  });

  it("cannot give what the path gives", () => {
    expect(violations({ rpc: "GetBook", url: "/v1/books/1?isbn=2" })).toMatchObject([{ field: "isbn" }]);
  });

  it("do not exist beside a body of *", () => {
    expect(violations({ rpc: "LendBook", method: "POST", url: "/v1/books/1:lend?reader=x" })).toEqual([
      { field: "reader", description: "unknown parameter; allowed: none", reason: "UNKNOWN_FIELD" },
    ]);
  });

  it("fill what neither path nor body of one field fills", () => {
    expect(
      bind({
        rpc: "CreateBook",
        method: "POST",
        url: "/v1/shelves/7/books?validateOnly=true",
        body: '{"title": "T"}',
      }),
    ).toEqual({ parent: "shelves/7", validateOnly: true, book: { title: "T" } });
    expect(
      violations({ rpc: "CreateBook", method: "POST", url: "/v1/shelves/7/books?book.title=x", body: "{}" }),
    ).toMatchObject([{ field: "book.title", reason: "UNKNOWN_FIELD" }]);
  });

  it("with the wrong type are named, with what was given", () => {
    expect(violations({ rpc: "ListBooks", url: "/v1/books?pageSize=ten" })).toEqual([
      {
        field: "pageSize",
        description: 'given "ten"; allowed: a whole number from -2147483648 to 2147483647',
        reason: "WRONG_TYPE",
      },
    ]);
    expect(violations({ rpc: "ListBooks", url: "/v1/books?filter.genres=GENRE_CRIME&filter.genres=NOVEL" })).toEqual([
      {
        field: "filter.genres[1]",
        description: 'given "NOVEL"; allowed: one of GENRE_UNSPECIFIED, GENRE_POETRY, GENRE_CRIME',
        reason: "WRONG_TYPE",
      },
    ]);
  });

  it("must be well percent-encoded UTF-8", () => {
    expect(refused({ rpc: "ListBooks", url: "/v1/books?pageToken=%zz" }).code).toBe("REQUEST_MALFORMED");
    expect(refused({ rpc: "ListBooks", url: "/v1/books?%ff=1" }).code).toBe("REQUEST_MALFORMED");
  });

  it("must not be without number", () => {
    expect(refused({ rpc: "ListBooks", url: `/v1/books?${"words=a&".repeat(2001)}` }).code).toBe("REQUEST_MALFORMED");
  });
});

describe("the body", () => {
  const update = (body: string | Uint8Array): Request => ({
    rpc: "UpdateBook",
    method: "PATCH",
    url: "/v1/books/1",
    body,
  });

  it("fills the whole request for *, in JSON or proto names, beside the path", () => {
    expect(bind(update('{"title": "T", "publish_time": "2026-01-01T00:00:00Z", "copies": "3"}'))).toEqual({
      isbn: "1",
      title: "T",
      publishTime: "2026-01-01T00:00:00Z",
      copies: "3",
    });
  });

  it("may be absent", () => {
    expect(bind({ rpc: "LendBook", method: "POST", url: "/v1/books/1:lend" })).toEqual({ isbn: "1" });
  });

  it("fills one field, of any kind", () => {
    expect(bind({ rpc: "TagBook", method: "PUT", url: "/v1/books/1/tags", body: ' ["a", "b"] ' })).toEqual({
      isbn: "1",
      tags: ["a", "b"],
    });
  });

  it("of one field cannot reach beyond it", () => {
    const body = '["a"], "isbn": "2"';
    expect(refused({ rpc: "TagBook", method: "PUT", url: "/v1/books/1/tags", body }).code).toBe("BODY_MALFORMED");
  });

  it("may repeat what the path says, and must not contradict it", () => {
    expect(bind(update('{"isbn": "1"}'))).toEqual({ isbn: "1" });
    expect(violations(update('{"isbn": "2"}'))).toEqual([
      { field: "isbn", description: 'given "2" in the body; allowed: "1", as in the path', reason: "WRONG_TYPE" },
    ]);
  });

  it("with an unknown field is refused with its path and what is allowed there", () => {
    expect(violations(update('{"authors": [{"fullName": "A"}, {"fullname": "B"}], "titel": 1}'))).toEqual([
      {
        field: "authors[1].fullname",
        description: "unknown field; allowed: fullName, born",
        reason: "UNKNOWN_FIELD",
      },
      {
        field: "titel",
        description: expect.stringContaining("allowed: isbn, title, genre") as string,
        reason: "UNKNOWN_FIELD",
      },
    ]);
  });

  it.each([
    ['{"title": 5}', "title", "given 5; allowed: a string of Unicode text"],
    ['{"genre": "NOVEL"}', "genre", 'given "NOVEL"; allowed: one of GENRE_UNSPECIFIED, GENRE_POETRY, GENRE_CRIME'],
    ['{"copies": 1.5}', "copies", "given 1.5; allowed: a whole number from -9223372036854775808"],
    ['{"copies": "9223372036854775808"}', "copies", 'given "9223372036854775808"; allowed: a whole number'],
    ['{"authors": {}}', "authors", "given an object; allowed: a list, each element an object with fullName, born"],
    ['{"authors": [7]}', "authors[0]", "given 7; allowed: an object with fullName, born"],
    ['{"authors": [null]}', "authors[0]", "given null; allowed: an object with fullName, born"],
    ['{"authors": [{"born": true}]}', "authors[0].born", "given true; allowed: a whole number"],
    ['{"publishTime": "noon"}', "publishTime", 'given "noon"; allowed: an RFC 3339 time'],
    ['{"publishTime": {"seconds": 1}}', "publishTime", "given an object; allowed: an RFC 3339 time"],
    ['{"ratings": {"a": "x"}}', 'ratings["a"]', 'given "x"; allowed: a whole number'],
    ['{"lentEdition": {"number": []}}', "lentEdition.number", "given a list; allowed: a whole number"],
    ["[]", "", "given a list; allowed: an object with isbn"],
    ['"x"', "", 'given "x"; allowed: an object with isbn'],
    ["null", "", "given null; allowed: an object with isbn"],
    ['{"title": "\\ud800"}', "title", "allowed: a string of Unicode text"],
  ])("of the wrong type is refused: %s", (body, field, description) => {
    const [first] = violations(update(body));
    expect(first).toMatchObject({ field, reason: "WRONG_TYPE" });
    expect(first?.description).toContain(description);
  });

  it("cannot set a field or a oneof twice", () => {
    expect(violations(update('{"publishTime": null, "publish_time": "2026-01-01T00:00:00Z"}'))).toMatchObject([
      { field: "publish_time", reason: "SET_TWICE" },
    ]);
    expect(violations(update('{"shelf": "a", "lentEdition": {}}'))).toEqual([
      {
        field: "lentEdition",
        description: "set more than once; allowed: only one of shelf, lentEdition",
        reason: "SET_TWICE",
      },
    ]);
    expect(refused(update('{"title": "a", "title": "b"}')).message).toContain('duplicate object key "title"');
  });

  it.each(["{", '{"title": }', "{'title': 1}", "", " ", "{} {}", '{"title": "a\nb"}'].filter((text) => text !== ""))(
    "that is no JSON is malformed: %j",
    (body) => {
      expect(refused(update(body)).code).toBe("BODY_MALFORMED");
    },
  );

  it("must be UTF-8; a byte order mark is passed over", () => {
    expect(refused(update(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))).code).toBe("BODY_NOT_UTF8");
    expect(bind(update("\ufeff{}"))).toEqual({ isbn: "1" });
  });

  it("must not nest more than 64 levels, small or large, known fields or not", () => {
    const nested = (open: string, close: string, levels: number): string => open.repeat(levels) + close.repeat(levels);
    expect(refused(update(nested("[", "]", 200_000))).code).toBe("BODY_TOO_DEEP");
    expect(refused(update(nested("[", "]", 65))).code).toBe("BODY_TOO_DEEP");
    expect(refused(update(`${'{"appendix":'.repeat(65)}{}${"}".repeat(65)}`)).code).toBe("BODY_TOO_DEEP");
    expect(refused(update(`{"title": ${nested("[", "]", 3000)}}`)).code).toBe("BODY_TOO_DEEP");
    expect(bind(update(`${'{"appendix":'.repeat(40)}{}${"}".repeat(40)}`))).toBeDefined();
  });

  it("does not count brackets within text as nesting", () => {
    expect(bind(update(JSON.stringify({ title: `\\"${"[".repeat(5000)}` })))).toMatchObject({ isbn: "1" });
  });

  it("must not hold NUL anywhere", () => {
    expect(violations(update('{"authors": [{"fullName": "a\\u0000b"}], "title": "\\\\u0000"}'))).toEqual([
      {
        field: "authors[0].fullName",
        description: "holds U+0000; allowed: text without it",
        reason: "NUL_CHARACTER",
      },
    ]);
  });

  it("does not reach the prototype of objects", () => {
    expect(violations(update('{"__proto__": {"title": "x"}}'))).toMatchObject([
      { field: "__proto__", reason: "UNKNOWN_FIELD" },
    ]);
    expect(violations({ rpc: "ListBooks", url: "/v1/books?__proto__.x=1&constructor=1" })).toHaveLength(2);
  });

  it("names no more than 20 faults", () => {
    const fields = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x${i}`, 1]));
    expect(violations(update(JSON.stringify(fields)))).toHaveLength(20);
  });
});
