// An MCP server over streamable HTTP, whose tool waits for GET /release behind each thing that it says.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

let release = () => {};
const mcp = new McpServer({ name: "work", version: "1" }, { capabilities: { logging: {} } });
mcp.registerTool("work", { description: "works for a while" }, async (extra) => {
  const progressToken = extra._meta?.progressToken;
  for (let progress = 1; progress <= 3; progress++) {
    const released = new Promise((resolve) => (release = resolve));
    await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress, total: 3 } });
    await released;
  }
  return { content: [{ type: "text", text: "done" }] };
});
const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
await mcp.connect(transport);

const server = createServer(async (request, response) => {
  if (request.url === "/release") {
    release();
    response.end();
  } else if (request.url === "/say") {
    await mcp.server.sendLoggingMessage({ level: "info", data: "hello" });
    response.end();
  } else {
    await transport.handleRequest(request, response);
  }
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
