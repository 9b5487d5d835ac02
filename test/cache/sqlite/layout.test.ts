import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { createTables, layoutOf } from "../../../src/cache/sqlite/layout.ts";
import { APPLICATION_ID } from "../../../src/cache/sqlite/path.ts";

test.each([
  ["empty", ""],
  ["foreign", "CREATE TABLE kept (x)"],
  ["foreign", "PRAGMA application_id = 1"],
  ["foreign", "PRAGMA user_version = 1"],
  ["newer", `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 3`],
  ["damaged", `PRAGMA application_id = ${APPLICATION_ID}`],
  ["damaged", `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = -1`],
])("layoutOf() is %s after %j", (layout, sql) => {
  using db = new Database(":memory:");
  if (sql !== "") db.run(sql);
  expect<string>(layoutOf(db)).toBe(layout);
});

test("layoutOf() looks again at what another process has made usable meanwhile", () => {
  using real = new Database(":memory:");
  const db = {
    query(sql: string) {
      if (sql.includes("page_count")) createTables(real);
      return real.query(sql);
    },
  };
  expect(layoutOf(db as Database)).toBe("usable");
});

test("createTables() makes an empty database usable, and leaves one that is", () => {
  using db = new Database(":memory:");
  createTables(db);
  db.run("INSERT INTO lease VALUES ('mx1.example.test', 25, 0, '', 'one', 1)");
  createTables(db);
  expect(layoutOf(db)).toBe("usable");
  expect(db.query("SELECT count(*) FROM lease").values()).toEqual([[1]]);
});

test("createTables() leaves somebody's tables alone", () => {
  using db = new Database(":memory:");
  db.run("CREATE TABLE precious (x)");
  createTables(db);
  expect(layoutOf(db)).toBe("foreign");
});
