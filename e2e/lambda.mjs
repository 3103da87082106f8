// Makes a function with the JavaScript SDK, calls it in each way, and prints what came back.
import { readFileSync } from "node:fs";
import {
  AddPermissionCommand, CreateAliasCommand, CreateFunctionCommand, DeleteFunctionCommand, GetFunctionCommand, GetPolicyCommand, InvokeCommand, InvokeWithResponseStreamCommand,
  LambdaClient, ListFunctionsCommand, PublishVersionCommand, TagResourceCommand, UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";

const client = new LambdaClient({ endpoint: process.env.AWS_ENDPOINT_URL_API_GATEWAY });
const text = (bytes) => new TextDecoder().decode(bytes);
const FunctionName = "js";
const made = await client.send(new CreateFunctionCommand({
  FunctionName, Runtime: "nodejs22.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/js", Code: { ZipFile: readFileSync(process.argv[2]) },
}));
const out = { arn: made.FunctionArn, state: made.State };
const invoked = await client.send(new InvokeCommand({ FunctionName, Payload: '{"a":1}', LogType: "Tail" }));
out.payload = JSON.parse(text(invoked.Payload));
out.log = Buffer.from(invoked.LogResult, "base64").toString().includes("printed\n");
out.failed = (await client.send(new InvokeCommand({ FunctionName, Payload: '{"fail":true}' }))).FunctionError;
out.chunks = "";
for await (const event of (await client.send(new InvokeWithResponseStreamCommand({ FunctionName, Payload: '{"b":2}' }))).EventStream) {
  if (event.PayloadChunk) out.chunks += text(event.PayloadChunk.Payload);
  if (event.InvokeComplete) out.complete = event.InvokeComplete.ErrorCode ?? "whole";
}
out.version = (await client.send(new PublishVersionCommand({ FunctionName }))).Version;
out.alias = (await client.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }))).AliasArn;
await client.send(new AddPermissionCommand({ FunctionName, StatementId: "a", Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com" }));
out.sid = JSON.parse((await client.send(new GetPolicyCommand({ FunctionName }))).Policy).Statement[0].Sid;
await client.send(new TagResourceCommand({ Resource: made.FunctionArn, Tags: { a: "b" } }));
out.timeout = (await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 9 }))).Timeout;
out.tags = (await client.send(new GetFunctionCommand({ FunctionName }))).Tags;
out.names = (await client.send(new ListFunctionsCommand({}))).Functions.map((f) => f.FunctionName);
await client.send(new DeleteFunctionCommand({ FunctionName }));
out.gone = await client.send(new GetFunctionCommand({ FunctionName })).catch((e) => e.name + ": " + e.message);
console.log(JSON.stringify(out));
