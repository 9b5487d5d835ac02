#!/usr/bin/env bun
/** Reports on the mail exchangers of a domain, with name servers if the system's are not meant: report.ts DOMAIN [ADDRESS...] */
import {
  check,
  nameServers,
  openCache,
  parseRange,
  renderJson,
  renderNagios,
  renderTable,
  resolveExchanges,
} from "smtpdcheck";

const [domain = "example.org", ...dns] = Bun.argv.slice(2);
const list = await resolveExchanges(domain, nameServers(dns));
console.log(
  list.kind === "null-mx" ? "takes no mail" : list.exchanges.map(({ exchange }) => exchange).join(" "),
);

const cache = openCache("mail-servers.db", { warn: console.warn });
const report = await check([], { mx: [domain], dns, cache, requirement: "all", until: "settled" });
await cache.close();
console.log(report.met ? "all are up" : "not all are up");

const nowMs = Date.now();
console.log(renderTable(report, { nowMs, paint: (text) => text }));
console.log(JSON.parse(renderJson(report, nowMs)).servers.length);
console.log(renderNagios(report, { warning: parseRange("2") }, nowMs).status);
