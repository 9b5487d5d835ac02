import { SMTP_PORT } from "../check/options.ts";
import { cleanText } from "../text/clean-text.ts";
import type { Target } from "../text/target.ts";

/**
 * A target as clean text, the way it can be given but without its preference; the usual port, 25 unless another is
 * the default of the command line, goes without saying. One address of a host among others is named behind it.
 */
export function renderTarget(
  { server, port, name: of, host }: Pick<Target, "server" | "port"> & Partial<Target>,
  usualPort: number = SMTP_PORT,
): string {
  const name = cleanText(server);
  const at = of === undefined ? "" : ` at ${host}`;
  if (port === usualPort || port === 0) return name + at;
  const isBareIpv6 = name.includes(":") && !name.startsWith("[");
  return (isBareIpv6 ? `[${name}]:${port}` : `${name}:${port}`) + at;
}
