import { expect, test } from "vitest";
import { checkUsers, configurationText, usersText } from "./files.ts";

test("passwords cannot be read back from the file of users, and nobody else gets in", () => {
  const rules = ["~ordermesh:index:*", "+@read"];
  expect(usersText([{ name: "order", password: "secret", rules }])).toBe(
    "user default reset off\n" +
      "user order reset on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~ordermesh:index:* +@read\n",
  );
});

test("paths with spaces and quotes stay one word", () => {
  const text = configurationText({ port: 1, folder: '/a "b"', usersFile: "/a b/users.acl", maxMemoryMb: 8 });
  expect(text).toContain('\ndir "/a \\"b\\""\n');
  expect(text).toContain('\naclfile "/a b/users.acl"\n');
});

test("all faults of the users are told together", () => {
  const check = () =>
    checkUsers([
      { name: "a b", password: "x", rules: [] },
      { name: "default", password: "x", rules: [] },
      { name: "c", password: "", rules: ["+@read +@write"] },
      { name: "c", password: "x", rules: [] },
    ]);
  expect(check).toThrow(RangeError);
  expect(check).toThrow(
    /name is "a b".*name is "default".*password of c is empty.*rule of c is "\+@read \+@write".*c is given twice/,
  );
  expect(() => checkUsers([])).toThrow("there is none");
});
