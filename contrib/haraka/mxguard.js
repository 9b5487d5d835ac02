// The guard at a Haraka that is a secondary MX: asks `smtpdcheck serve` by Postfix's policy protocol.
// Goes to plugins/mxguard.js, and mxguard.ini to config/; in config/plugins "mxguard" stands in front of the rcpt_to
// plugins. Whatever goes wrong here, mail is taken: an exception would end Haraka's worker.

const net = require("node:net");

const MAX_ANSWER_LENGTH = 4096;
const DEFERRAL = /^action=(defer_if_permit|defer|450|451) +(?:4\.3\.2 +)?([ -~]+)$/im;

exports.register = function () {
  this.cfg = this.config.get("mxguard.ini");
  this.register_hook("rcpt", "guard", -10);
};

exports.guard = function (next, connection, params) {
  let isDone = false;
  const done = (...answer) => {
    if (isDone) return;
    isDone = true;
    next(...answer);
  };
  try {
    if (connection.relaying) return done();
    ask(this.cfg.main, requestOf(connection, params[0]), (failure, answer) => {
      try {
        if (failure) connection.logwarn(this, `the guard gives no answer, so mail is taken: ${failure}`);
        const [, verb, text] = DEFERRAL.exec(answer) || [];
        if (!verb) return done();
        done(DENYSOFT, require("haraka-dsn").create(verb === "451" ? 451 : 450, text, 3, 2));
      } catch {
        done();
      }
    });
  } catch {
    done();
  }
};

function requestOf(connection, recipient) {
  const { remote, local, hello, notes, transaction, results } = connection;
  const { fcrdns } = results?.get("fcrdns") ?? {};
  const attributes = {
    request: "smtpd_access_policy",
    protocol_state: "RCPT",
    protocol_name: "ESMTP",
    client_address: remote.ip,
    client_name: fcrdns?.[0] ?? "unknown",
    helo_name: hello?.host,
    server_address: local.ip,
    server_port: local.port,
    sender: addressOf(transaction.mail_from),
    recipient: addressOf(recipient),
    sasl_username: notes?.auth_user,
  };
  const lines = Object.entries(attributes).map(([name, value]) => `${name}=${oneLine(value)}\n`);
  return `${lines.join("")}\n`;
}

// A method in Haraka 2 and 3.0.
function addressOf(mailbox) {
  return typeof mailbox.address === "function" ? mailbox.address() : mailbox.address;
}

function oneLine(value) {
  return String(value ?? "").replace(/[\0\r\n]/g, " ");
}

function ask({ path, host, port, timeout }, request, answered) {
  let answer = "";
  let isOver = false;
  const socket = net.connect(path ? { path } : { host, port });
  const end = (failure) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    socket.destroy();
    answered(failure, answer);
  };
  const timer = setTimeout(() => end("its time is over"), (Number(timeout) || 10) * 1000);
  socket.setEncoding("latin1");
  socket.on("connect", () => socket.write(request));
  socket.on("data", (text) => {
    answer += text;
    if (answer.includes("\n\n")) end();
    else if (answer.length > MAX_ANSWER_LENGTH) end("its answer is too long");
  });
  socket.on("error", (error) => end(error.message));
  socket.on("close", () => end("it closed the connection"));
}
