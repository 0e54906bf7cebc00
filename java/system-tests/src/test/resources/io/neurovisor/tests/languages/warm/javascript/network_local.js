// Servers within the machine; nothing beyond it.
const http = require("node:http");
const dns = require("node:dns");
const server = http.createServer((request, response) => response.end(`${request.method} ${request.url}`));
server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  const answer = await fetch(`http://127.0.0.1:${port}/path?a=b`, { method: "POST", body: "x" });
  console.log(answer.status, await answer.text(), answer.headers.get("connection"));
  console.log(http.globalAgent.maxSockets, http.METHODS.length, server.listening);
  server.close(() => console.log("closed"));
  server.closeAllConnections();
});
console.log(new URL("../b?c#d", "http://user@host:80/a/").href, dns.getDefaultResultOrder(), require("node:net").isIP("::1"));
