import { expect, setDefaultTimeout, test } from "bun:test";
import { lackingServer } from "./private-server.ts";
import { describeNeeding } from "./requirement.ts";
import { visit } from "./small-internet/bot.ts";
import { POLICY_SERVICE, startGuard } from "./small-internet/guard.ts";
import { ADDRESSES, makeInternet, startPrimary, startSecondary, ZONE } from "./small-internet/internet.ts";
import { lackingNetwork } from "./small-internet/network.ts";

setDefaultTimeout(60_000);

/** Where the name of the secondary leads to when it is behind NAT; no host has it. */
const PUBLIC = "198.51.100.200";

describeNeeding(
  "the guard at a Postfix, told who it is and whom to let in,",
  lackingNetwork() ?? lackingServer("postfix"),
  () => {
    test.concurrent.each([
      { what: "lets all in", options: [], isShut: false },
      { what: "defers where it is told its name", options: ["--stop", "mx2.example.test"], isShut: true },
      { what: "defers where it is told its address", options: ["--stop", PUBLIC], isShut: true },
    ])("$what behind NAT", async ({ options, isShut }) => {
      await using internet = await makeInternet();
      await internet.names.serve({ ...ZONE, "mx2.example.test": { A: [PUBLIC] } });
      await using _primary = await startPrimary(internet);
      await using _secondary = await startSecondary(internet, POLICY_SERVICE);
      await using _guard = await startGuard(internet.host("mx2"), { options });
      const [said] = await visit(internet.host("bot"), {
        to: ADDRESSES.mx2[0],
        recipients: ["user@example.test"],
      });
      expect(said?.recipients).toEqual([expect.stringMatching(isShut ? /^450 4\.3\.2 / : /^250 /)]);
    });

    test.concurrent("lets in clients, networks and senders that are allowed", async () => {
      await using internet = await makeInternet();
      await using _primary = await startPrimary(internet);
      await using _secondary = await startSecondary(internet, POLICY_SERVICE);
      const mounts = `printf '%s\\n' out1.pool.test 203.0.113.67/32 @allowed.test >/run/allowed`;
      await using _guard = await startGuard(internet.host("mx2"), {
        options: ["--allow", "/run/allowed"],
        mounts,
      });
      const visits = [
        { host: "pool", from: ADDRESSES.pool[0] ?? "" },
        { host: "bot", from: ADDRESSES.bot[1] },
        { host: "bot", sender: "anybody@allowed.test" },
        { host: "bot" },
        { host: "pool", from: ADDRESSES.pool[1] ?? "" },
      ];
      const said = await Promise.all(
        visits.map(({ host, ...from }) =>
          visit(internet.host(host), { to: ADDRESSES.mx2[0], recipients: ["user@example.test"], ...from }),
        ),
      );
      const taken = said.flat().map(({ recipients }) => recipients[0]?.startsWith("250 "));
      expect(taken).toEqual([true, true, true, false, false]);
    });
  },
);
