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

const paths = [];
for await (const page of gw.paginateGetResources({ client, pageSize: 1 }, { restApiId })) paths.push(...page.items.map((r) => r.path));
const classes = [];
for (const [command, input] of [["GetStage", { restApiId, stageName: "nope" }], ["PutMethodResponse", declared], ["UpdateRestApi", { restApiId, patchOperations: [{ op: "replace", path: "/nope" }] }]]) {
  await send(command, input).catch((e) => classes.push([gw.NotFoundException, gw.ConflictException, gw.BadRequestException].find((c) => e instanceof c)?.name));
}
const stage = { restApiId, stageName: "js" };
const patched = await send("UpdateStage", { ...stage, patchOperations: [{ op: "replace", path: "/variables/a", value: "b" }, { op: "replace", path: "/*/*/throttling/rateLimit", value: "2.5" }] });
const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${restApiId}/stages/js`;
await send("TagResource", { resourceArn, tags: { "a b": "c/d", e: "" } });
await send("UntagResource", { resourceArn, tagKeys: ["e", "nope"] });
const { tags } = await send("GetTags", { resourceArn });
const body = new TextEncoder().encode(JSON.stringify({ openapi: "3.0.1", info: { title: "imported", version: "1" }, paths: { "/x": { get: { responses: {} } } } }));
const imported = await send("ImportRestApi", { body, parameters: { endpointConfigurationTypes: "REGIONAL" } });
const { body: tested } = await send("TestInvokeMethod", { ...method, pathWithQueryString: "/pets/7" });

console.log(JSON.stringify({
  api: restApiId, again, created: createdDate instanceof Date, paths: paths.sort(), classes, tags, imported: imported.name, tested,
  variables: patched.variables, rate: patched.methodSettings["*/*"].throttlingRateLimit, updated: patched.lastUpdatedDate instanceof Date,
}));
