import { SMTP_PORT } from "../check/options.ts";
import { cleanText } from "../text/clean-text.ts";
import type { Target } from "../text/target.ts";

/**
 * A target as clean text, the way it can be given but without its preference; the usual port, 25 unless another is
 * the default of the command line, goes without saying.
 */
export function renderTarget(
  { server, port }: Pick<Target, "server" | "port">,
  usualPort: number = SMTP_PORT,
): string {
  const name = cleanText(server);
  if (port === usualPort) return name;
  const isBareIpv6 = name.includes(":") && !name.startsWith("[");
  return isBareIpv6 ? `[${name}]:${port}` : `${name}:${port}`;
}
