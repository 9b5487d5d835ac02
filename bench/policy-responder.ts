/** What a guard's decisions a second are measured against: it reads every attribute, and always says DUNNO. */
const [path = ""] = Bun.argv.slice(2);
const DUNNO = "action=DUNNO\n\n";

Bun.listen<{ rest: string }>({
  unix: path,
  socket: {
    open(socket) {
      socket.data = { rest: "" };
    },
    data(socket, octets) {
      const text = socket.data.rest + octets.toString();
      let from = 0;
      for (let end = text.indexOf("\n\n", from); end !== -1; end = text.indexOf("\n\n", from)) {
        const attributes = new Map<string, string>();
        for (const line of text.slice(from, end).split("\n")) {
          const at = line.indexOf("=");
          attributes.set(line.slice(0, at), line.slice(at + 1));
        }
        if (attributes.get("request") === "smtpd_access_policy") socket.write(DUNNO);
        from = end + 2;
      }
      socket.data.rest = text.slice(from);
    },
  },
});
console.log(path);
