// Builds and deploys an API with the JavaScript SDK, and prints what it saw.
import * as gw from "@aws-sdk/client-api-gateway";

const [backend] = process.argv.slice(2);
const client = new gw.APIGatewayClient({ maxAttempts: 1 });
const send = (command, input) => client.send(new gw[command + "Command"](input));

const { id: restApiId, createdDate } = await send("CreateRestApi", { name: "js" });
const { items } = await send("GetResources", { restApiId });
const { id: parentId } = await send("CreateResource", { restApiId, parentId: items[0].id, pathPart: "pets" });
const { id: resourceId } = await send("CreateResource", { restApiId, parentId, pathPart: "{id}" });
await send("CreateModel", { restApiId, name: "Pet", contentType: "application/json", schema: '{"type":"object"}' });
const method = { restApiId, resourceId, httpMethod: "GET" };
await send("PutMethod", { ...method, authorizationType: "NONE", requestParameters: { "method.request.path.id": true } });
const declared = {
  ...method, statusCode: "200",
  responseParameters: { "method.response.header.X-Kind": false }, responseModels: { "application/json": "Pet" },
};
await send("PutMethodResponse", declared);
const again = await send("PutMethodResponse", declared).catch(({ name, message }) => ({ name, message }));
await send("PutIntegration", {
  ...method, type: "HTTP", integrationHttpMethod: "GET", uri: backend + "/animals/{id}",
  requestParameters: { "integration.request.path.id": "method.request.path.id" },
});
await send("PutIntegrationResponse", {
  ...method, statusCode: "200", responseParameters: { "method.response.header.X-Kind": "'js'" },
});
await send("CreateDeployment", { restApiId, stageName: "js" });
console.log(JSON.stringify({ api: restApiId, again, created: createdDate instanceof Date }));
