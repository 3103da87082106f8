// Calls the tool of mcpserver.mjs, lets it go on behind each thing that it says, and prints what came.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { LoggingMessageNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

const [url, backend] = process.argv.slice(2);
const client = new Client({ name: "test", version: "1" });
const said = { progress: [], told: [] };
const told = new Promise((resolve) => {
  client.setNotificationHandler(LoggingMessageNotificationSchema, (n) => {
    said.told.push(n.params.data);
    resolve();
  });
});
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
said.tools = (await client.listTools()).tools.map((tool) => tool.name);
const result = await client.callTool({ name: "work" }, undefined, {
  onprogress: async ({ progress }) => {
    said.progress.push(progress);
    await fetch(`${backend}/release`);
  },
});
said.result = result.content[0].text;
await fetch(`${backend}/say`); // on the stream that is open for what the server says by itself
await told;
await client.close();
console.log(JSON.stringify(said));
