import { SMTP_PORT } from "../check/options.ts";
import { cleanText } from "../text/clean-text.ts";
import type { Target } from "../text/target.ts";

/** A target as clean text, the way it can be given but without its preference; port 25 goes without saying. */
export function renderTarget({ server, port }: Pick<Target, "server" | "port">): string {
  const name = cleanText(server);
  if (port === SMTP_PORT) return name;
  const isBareIpv6 = name.includes(":") && !name.startsWith("[");
  return isBareIpv6 ? `[${name}]:${port}` : `${name}:${port}`;
}
