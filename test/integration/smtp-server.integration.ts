import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFolder } from "../end-to-end/command.ts";
import { ask } from "./asked.ts";
import { type Certificates, lackingOpenssl, makeCertificates } from "./certificates.ts";
import { describeNeeding } from "./requirement.ts";

setDefaultTimeout(30_000);

/** smtp-server under Node: STARTTLS or TLS from the first octet, one user, and one recipient that it does not know. */
const SERVER = `
  import { SMTPServer } from "smtp-server";
  const { TLS_KEY: key, TLS_CERT: cert, IMPLICIT } = process.env;
  const said = (error) => error.responseCode ? error : Object.assign(error, { responseCode: 550 });
  const server = new SMTPServer({
    key, cert, secure: IMPLICIT === "1", name: "mx.test", authMethods: ["PLAIN", "LOGIN", "CRAM-MD5"],
    authOptional: true, disableReverseLookup: true,
    onAuth({ username, password, validatePassword }, _, done) {
      const isRight = username === "user" && (password === "pencil" || validatePassword?.("pencil") === true);
      done(isRight ? null : Object.assign(new Error("no"), { responseCode: 535 }), { user: username });
    },
    onRcptTo: ({ address }, _, done) => done(address.startsWith("nobody") ? said(new Error("unknown")) : null),
  });
  server.on("error", () => {});
  server.listen(0, "127.0.0.1", () => console.log(server.server.address().port));
`;

let certificates: Certificates;
let folder: string;

beforeAll(async () => {
  if (lacking() !== undefined) return;
  certificates = await makeCertificates();
  folder = await mkdtemp(join(tmpdir(), "smtpdcheck-smtp-server-"));
});

afterAll(async () => {
  if (lacking() !== undefined) return;
  await certificates[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function lacking(): string | undefined {
  return lackingOpenssl() ?? (Bun.which("node") === null ? "node" : undefined);
}

async function startServer(isImplicit = false) {
  const { key, chain } = certificates.good;
  const env = {
    ...process.env,
    TLS_KEY: await Bun.file(key).text(),
    TLS_CERT: await Bun.file(chain).text(),
    IMPLICIT: isImplicit ? "1" : "",
  };
  const child = Bun.spawn(["node", "--input-type=module", "-e", SERVER], {
    cwd: projectFolder,
    env,
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  return {
    at: `127.0.0.1:${new TextDecoder().decode(value).trim()}`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
    },
  };
}

async function login(password: string): Promise<readonly string[]> {
  const path = join(folder, "password");
  await Bun.write(path, password);
  return [
    "--quit-after",
    "auth",
    "--auth",
    "user",
    "--password-file",
    path,
    "--tls-ca",
    certificates.authority,
  ];
}

describeNeeding("The dialogue with smtp-server", lacking(), () => {
  test("goes through STARTTLS, verified, to a recipient, and is told of one that is unknown", async () => {
    await using server = await startServer();
    const verified = [
      "--tls",
      "verify",
      "--tls-ca",
      certificates.authority,
      "--tls-name",
      "mx.test",
      server.at,
    ];
    const known = await ask(["--quit-after", "rcpt", "--to", "postmaster@mx.test", ...verified]);
    expect(known.row).toMatchObject({ reason: "reached", stage: "rcpt", code: 250 });
    expect(known.verbs).toEqual(["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "RSET", "QUIT"]);
    const unknown = await ask(["--quit-after", "rcpt", "--to", "nobody@mx.test", ...verified]);
    expect(unknown.row).toMatchObject({ reason: "declined", stage: "rcpt", code: 550 });
  });

  test("begins with TLS, where that is asked for", async () => {
    await using server = await startServer(true);
    const asked = await ask(["--smtps", "--quit-after", "ehlo", server.at]);
    expect(asked.row).toMatchObject({ reason: "reached", stage: "ehlo", tls: { protocol: "TLSv1.3" } });
  });

  test.each(["CRAM-MD5", "PLAIN", "LOGIN"])(
    "logs in by %s, once, and not with a wrong password",
    async (name) => {
      await using server = await startServer();
      const by = ["--auth-mechanism", name, "--tls-name", "mx.test", server.at];
      const right = await ask([...(await login("pencil")), ...by]);
      expect(right.row).toMatchObject({ reason: "reached", stage: "auth", code: 235 });
      const wrong = await ask([...(await login("crayon")), ...by]);
      expect(wrong.row).toMatchObject({ reason: "auth-failed", stage: "auth", code: 535 });
      expect(right.printed + wrong.printed).not.toMatch(/pencil|crayon/);
    },
  );
});
