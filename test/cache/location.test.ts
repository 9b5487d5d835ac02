import { expect, test } from "bun:test";
import { type Location, parseLocation } from "../../src/cache/location.ts";
import { UsageError } from "../../src/text/errors.ts";

const file = (path: string): Location => ({ kind: "file", path, shown: path });
const server = (url: string, shown = url): Location => ({ kind: "server", url, shown });

test.each<readonly [string, Location]>([
  ["/var/cache/smtpdcheck/cache.db", file("/var/cache/smtpdcheck/cache.db")],
  ["cache.db", file("cache.db")],
  [":memory:", file(":memory:")],
  ["memory:", { kind: "memory", shown: "memory:" }],
  ["file:cache.db?mode=memory", file("file:cache.db?mode=memory")],
  ["a:b/c d.db", file("a:b/c d.db")],
  ["redis://cache.example.test", server("redis://cache.example.test")],
  ["redis://cache.example.test:80/15", server("redis://cache.example.test:80/15")],
  ["REDIS://[2001:db8::1]:6380/", server("redis://[2001:db8::1]:6380/", "REDIS://[2001:db8::1]:6380/")],
  ["valkey://192.0.2.1", server("redis://192.0.2.1", "valkey://192.0.2.1")],
  ["rediss://:p%40ss@c.test/0", server("rediss://:p%40ss@c.test/0", "rediss://…@c.test/0")],
  ["valkeys://me:secret@c.test", server("rediss://me:secret@c.test", "valkeys://…@c.test")],
  ["redis+tls://c.test", server("rediss://c.test", "redis+tls://c.test")],
  ["redis+unix:///run/r.sock", server("redis+unix://localhost/run/r.sock", "redis+unix:///run/r.sock")],
  ["unix:///run/r@1.sock", server("redis+unix://localhost/run/r@1.sock", "unix:///run/r@1.sock")],
  [
    "valkey+unix://:secret@/run/r.sock",
    server("redis+unix://:secret@localhost/run/r.sock", "valkey+unix://…@/run/r.sock"),
  ],
  [
    "redis+tls+unix://localhost/run/r.sock",
    server("redis+tls+unix://localhost/run/r.sock", "redis+tls+unix:///run/r.sock"),
  ],
])("parseLocation() reads %s", (text, location) => {
  expect(parseLocation(text)).toEqual(location);
});

test.each([
  ["", ""],
  ["a\0b", "a\\x00b"],
  ["http://c.test", "http://c.test"],
  ["sqlite:///var/cache.db", "sqlite:///var/cache.db"],
  ["mysql://me:secret@c.test/db", "mysql://…@c.test/db"],
  ["redis://", "redis://"],
  ["redis:/c.test", "redis:/c.test"],
  ["redis://c.test/db", "redis://c.test/db"],
  ["redis://c.test:70000", "redis://…"],
  ["redis://u:secret", "redis://…"],
  ["redis:/u:secret@h", "redis:/…@h"],
  ["redis:u:secret@h", "redis:…@h"],
  ["redis:u:secret", "redis:…"],
  ["rediss:://u:secret", "rediss:…"],
  ["redis:/u:secret", "redis:/…"],
  ["redis//u:secret", "redis//…"],
  ["redis://u:se@cret@h:x", "redis://…@…"],
  ["redis//u:secret@h", "redis//…@h"],
  ["redis//h", "redis//h"],
  ["VALKEY//h", "VALKEY//h"],
  ["redis://:sec/ret@c.test", "redis://…@c.test"],
  ["redis://c.test?password=secret", "redis://c.test?…"],
  ["redis+unix:///", "redis+unix:///"],
  ["redis+unix://c.test/run/r.sock", "redis+unix://c.test/run/r.sock"],
])("parseLocation() throws for %j and tells no secret", (text, shown) => {
  expect(() => parseLocation(text)).toThrow(
    new UsageError(
      `Cannot read "${shown}" as a cache location: want a file path, redis://host[:port][/database], rediss:// or redis+unix:///path`,
    ),
  );
});
