import { describe, expect, test } from "bun:test";
import { findAccount, type Node, obstacleFor } from "../../../src/guard/doctor/permissions.ts";

const PASSWD = "root:x:0:0::/root:/bin/sh\npostfix:x:100:101::/:/bin/false\n";
const GROUP = "root:x:0:\npostfix:x:101:\nguard:x:200:someone,postfix\nother:x:300:postfixer\n";
const postfix = { name: "postfix", user: 100, groups: new Set([101, 200]) };

test("findAccount() finds a user and all groups that it is in", () => {
  expect(findAccount("postfix", PASSWD, GROUP)).toEqual(postfix);
  expect(findAccount("nobody", PASSWD, GROUP)).toBeUndefined();
});

describe("obstacleFor() postfix", () => {
  const node = (mode: number, user = 0, group = 0): Node => ({
    path: `/${mode.toString(8)}`,
    user,
    group,
    mode,
  });
  const open = node(0o755);
  test.each<[string, readonly Node[], Node, RegExp | null]>([
    ["is none for a socket of everybody's", [open], node(0o140777), null],
    ["is none for its own socket", [open], node(0o140600, 100), null],
    ["is none for one of its group", [open], node(0o140660, 0, 101), null],
    ["is none for one of a group that it is a member of", [open], node(0o140660, 0, 200), null],
    [
      "is the socket of another user",
      [open],
      node(0o140600),
      /^\/140600 has mode 0600, .* may not write it: .*owner=postfix/,
    ],
    ["is the socket of another group", [open], node(0o140660, 0, 300), /may not write it/],
    [
      "is its own socket without the right, whatever others have",
      [open],
      node(0o140477, 100),
      /may not write it/,
    ],
    [
      "is the first folder that is shut",
      [open, node(0o700), node(0o600)],
      node(0o140777),
      /^\/700 .* may not search it/,
    ],
    ["is none for a folder that it may search but not list", [node(0o711)], node(0o140666), null],
  ])("%s", (_, folders, socket, obstacle) => {
    const found = obstacleFor(postfix, folders, socket);
    if (obstacle === null) expect(found).toBeNull();
    else expect(found).toMatch(obstacle);
  });

  test("is none for root", () => {
    expect(obstacleFor({ name: "root", user: 0, groups: new Set() }, [node(0)], node(0))).toBeNull();
  });
});
