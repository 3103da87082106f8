"""The clients that GetSdk generates call the stage they were generated for: JavaScript in Node and in Chromium, Python, and Go."""

import http.server
import io
import json
import os
import queue
import subprocess
import sys
import threading
import tomllib
import zipfile

import boto3
import pytest
from botocore.config import Config
from conftest import Server, chromium

KEY = ("AKIAADMINEXAMPLE1111", "admin-secret-admin-secret-admin-secret")
CREDENTIALS = f"""
- accessKeyId: {KEY[0]}
  secretAccessKey: {KEY[1]}
  account: "111111111111"
- role: arn:aws:iam::111111111111:role/caller
  trust: ["111111111111"]
  policy: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: "execute-api:Invoke", Resource: "*"}}]}}
"""
API_KEY = "abcdefghijklmnopqrstuvwxyz"

# What a call was: all kinds of parameters, the body, and who called.
TELL = """{
  "verb": "$context.httpMethod", "path": "$util.escapeJavaScript($context.path).replaceAll("\\\\'", "'")", "who": "$context.identity.userArn", "key": "$context.identity.apiKey",
  "segment": "$util.escapeJavaScript($input.params().path.get('name')).replaceAll("\\\\'", "'")", "rest": "$util.escapeJavaScript($input.params().path.get('rest')).replaceAll("\\\\'", "'")",
  "query": "$util.escapeJavaScript($input.params().querystring.get('who')).replaceAll("\\\\'", "'")", "other": "$util.escapeJavaScript($input.params().querystring.get('other one')).replaceAll("\\\\'", "'")",
  "header": "$util.escapeJavaScript($input.params().header.get('X-Trace')).replaceAll("\\\\'", "'")", "type": "$util.escapeJavaScript($input.params().header.get('Content-Type')).replaceAll("\\\\'", "'")",
  "body": "$util.escapeJavaScript($input.body).replaceAll("\\\\'", "'")"
}"""


GIVEN = """#set($query = $input.params().querystring){#foreach($name in $query.keySet())"$name": "$query.get($name)"#if($foreach.hasNext), #end#end}"""


def operation(parameters=(), auth="NONE", key=False):
    """A method that answers with what it was asked, echoed by a MOCK, for pages of every origin."""
    cors = {"method.response.header.Access-Control-Allow-Origin": "'*'"}
    return {
        "parameters": [{"name": name, "in": place, "required": required, "type": "string"} for place, name, required in parameters],
        "responses": {"200": {"description": "ok", "headers": {"Access-Control-Allow-Origin": {"type": "string"}}}},
        "x-amazon-apigateway-auth": {"type": auth},
        "x-amazon-apigateway-integration": {
            "type": "http",
            "httpMethod": "POST",
            "uri": "BACKEND/echo",
            "requestParameters": {"integration.request.querystring.tags": "method.request.multivaluequerystring.tag"} if ("query", "tag", False) in parameters else {},
            "requestTemplates": {"application/json": TELL, "text/plain": TELL, "application/octet-stream": TELL},
            "responses": {"default": {"statusCode": "200", "responseParameters": cors, "responseTemplates": {"application/json": """{"seen": $input.path('$.body'), "at": $input.json('$.path')}"""}}},
        },
        **({"security": [{"api_key": []}]} if key else {}),
    }


def preflight():
    names = ("Origin", "Headers", "Methods")
    headers = {f"Access-Control-Allow-{n}": {"type": "string"} for n in names}
    values = {"Origin": "'*'", "Headers": "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token,X-Trace'", "Methods": "'DELETE,GET,HEAD,PUT,POST,PATCH'"}
    return {
        "responses": {"200": {"description": "ok", "headers": headers}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {"default": {"statusCode": "200", "responseParameters": {f"method.response.header.Access-Control-Allow-{n}": values[n] for n in names}}},
        },
    }


# Names of parameters that languages have a use for. Others that would be code are no names of parameters.
HOSTILE = ["__proto__", "constructor", "toString", "hasOwnProperty", "class", "import", "__init__", "self", "func", "a.b", "a-b", "a_b", "a$b", "$a"]


def definition(backend):
    who = [("query", "who", False), ("query", "tag", False), ("header", "X-Trace", False)]
    api = {
        "swagger": "2.0",
        "info": {"title": "sdk", "version": "1"},
        "securityDefinitions": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
        "x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}}},
        "paths": {
            "/": {"get": operation([("query", "who", True)]), "post": operation()},
            "/things/{name}": {verb: operation([("path", "name", True), *who]) for verb in ("get", "put", "post", "patch", "delete")},
            "/signed/{name}": {verb: operation([("path", "name", True), *who], "AWS_IAM") for verb in ("get", "post")},
            "/user-info/keyed": {"get": operation(who, key=True)},
            "/files/{rest+}": {"x-amazon-apigateway-any-method": operation([("path", "rest", True)])},
            "/2026/{things}": {"get": operation([("path", "things", True)])},
            "/2026/things": {"get": operation()},
            "/moved": {"get": {
                "responses": {"302": {"description": "moved", "headers": {"Location": {"type": "string"}, "Access-Control-Allow-Origin": {"type": "string"}}}},
                "x-amazon-apigateway-integration": {
                    "type": "mock",
                    "requestTemplates": {"application/json": '{"statusCode": 302}'},
                    "responses": {"default": {"statusCode": "302", "responseParameters": {"method.response.header.Location": "'BACKEND/moved'", "method.response.header.Access-Control-Allow-Origin": "'*'"}}},
                },
            }},
            "/hostile": {"get": {
                "parameters": [{"name": name, "in": "query", "required": False, "type": "string"} for name in HOSTILE],
                "responses": {"200": {"description": "ok", "headers": {"Access-Control-Allow-Origin": {"type": "string"}}}},
                "x-amazon-apigateway-integration": {
                    "type": "mock",
                    "requestTemplates": {"application/json": '{"statusCode": 200}'},
                    "responses": {"default": {
                        "statusCode": "200",
                        "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
                        "responseTemplates": {"application/json": GIVEN},
                    }},
                },
            }},
        },
    }
    for path in api["paths"].values():
        path["options"] = preflight()
    return json.dumps(api).replace("BACKEND", backend)


class Sdk:
    """A served stage, and clients of it."""

    def __init__(self, server, api, directory):
        self.server, self.api, self.directory = server, api, directory
        self.client = boto3.client(
            "apigateway", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id=KEY[0], aws_secret_access_key=KEY[1],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def unpack(self, kind, **parameters):
        """Unpacks a client with unzip, and returns its directory."""
        answer = self.client.get_sdk(restApiId=self.api, stageName="prod", sdkType=kind, parameters=parameters)
        assert answer["contentType"] == "application/octet-stream"
        assert answer["contentDisposition"].startswith(f'attachment; filename="{kind}_20')
        body = answer["body"].read()
        assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None
        archive = self.directory / f"{kind}.zip"
        archive.write_bytes(body)
        subprocess.run(["unzip", "-q", archive, "-d", self.directory / kind], check=True, timeout=60)
        (root,) = (self.directory / kind).iterdir()
        return root

    @property
    def settings(self):
        """The settings of a client, and those of another that signs with a session."""
        sts = boto3.client("sts", endpoint_url=self.server.url, region_name="us-east-1", aws_access_key_id=KEY[0], aws_secret_access_key=KEY[1])
        session = sts.assume_role(RoleArn="arn:aws:iam::111111111111:role/caller", RoleSessionName="me")["Credentials"]
        return (
            {"accessKey": KEY[0], "secretKey": KEY[1], "apiKey": API_KEY},
            {"accessKey": session["AccessKeyId"], "secretKey": session["SecretAccessKey"], "sessionToken": session["SessionToken"]},
        )


@pytest.fixture
def sdk(tmp_path, backend):
    keys = tmp_path / "keys.yaml"
    keys.write_text(CREDENTIALS)
    keys.chmod(0o600)
    server = Server(tmp_path / "data", "--credentials", str(keys)).start()
    try:
        yield deployed(Sdk(server, None, tmp_path), backend)
    finally:
        assert server.stop() == 0


def deployed(sdk, backend):
    sdk.api = sdk.client.import_rest_api(body=definition(backend.url))["id"]
    sdk.client.create_deployment(restApiId=sdk.api, stageName="prod")
    plan = sdk.client.create_usage_plan(name="all", apiStages=[{"apiId": sdk.api, "stage": "prod"}])["id"]
    key = sdk.client.create_api_key(name="one", value=API_KEY, enabled=True)["id"]
    sdk.client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    return sdk


STRANGE = "a b/c?d=é%2F'()*!~:@+,;&"

# Name, function in each language, parameters, body, then what the stage has seen.
CALLS = [
    ("root", "rootGet", {"who": STRANGE}, None, {"verb": "GET", "path": "/prod/", "query": STRANGE}),
    ("root body", "rootPost", {}, {"a": [1, "é"]}, {"verb": "POST", "body": '{"a":[1,"é"]}', "type": "application/json"}),
    ("segment", "thingsNameGet", {"name": STRANGE, "X-Trace": "t"}, None, {"verb": "GET", "segment": STRANGE, "header": "t", "query": ""}),
    ("put", "thingsNamePut", {"name": "x"}, {"b": 1}, {"verb": "PUT", "segment": "x", "body": '{"b":1}'}),
    ("post", "thingsNamePost", {"name": "x"}, "plain", {"verb": "POST", "body": "plain"}),
    ("patch", "thingsNamePatch", {"name": 7}, {"c": True}, {"verb": "PATCH", "segment": "7", "body": '{"c":true}'}),
    ("delete", "thingsNameDelete", {"name": "x"}, None, {"verb": "DELETE", "segment": "x", "body": "{}"}),
    ("greedy", "filesRestPut", {"rest": "a/b c/d%2Fe"}, {}, {"verb": "PUT", "rest": "a/b c/d%2Fe"}),
    ("greedy delete", "filesRestDelete", {"rest": "a"}, None, {"verb": "DELETE", "rest": "a"}),
    ("signed", "signedNameGet", {"name": STRANGE, "who": STRANGE}, None, {"who": f"arn:aws:iam::111111111111:user/{KEY[0]}", "segment": STRANGE, "query": STRANGE}),
    ("signed body", "signedNamePost", {"name": "x"}, {"d": "é"}, {"who": f"arn:aws:iam::111111111111:user/{KEY[0]}", "body": '{"d":"é"}'}),
    ("key", "userInfoKeyedGet", {"who": "k"}, None, {"key": API_KEY, "query": "k"}),
    ("digit", "method2026ThingsGet", {}, None, {"path": "/prod/2026/things"}),
    ("hostile", "hostileGet", dict.fromkeys(HOSTILE, "v"), None, dict.fromkeys(HOSTILE, "v")),
    ("second of a name", "method2026ThingsGet2", {"things": "y"}, None, {"path": "/prod/2026/y"}),
]


def check(said):
    """said has for each call what the stage saw, or the error."""
    for name, _, _, _, want in CALLS:
        seen = told(said, name)
        if "body" in want:  # spaces between JSON's tokens are a language's own
            seen["body"], want = compact(seen["body"]), {**want, "body": compact(want["body"])}
        assert {k: seen[k] for k in want} == want, name
    assert told(said, "session")["who"] == "arn:aws:sts::111111111111:assumed-role/caller/me"
    assert told(said, "several")["at"] == "/echo?tags=a%20b&tags=c"
    assert said["forbidden"]["status"] == 403 and "Missing Authentication Token" in json.dumps(said["forbidden"])
    assert said["moved"].get("status") in (302, 0), said["moved"]  # pages don't see where a redirect leads
    assert "name" in said["missing"]["error"] and "who" in said["required"]["error"] and ".." in said["dots"]["error"]
    other = told(said, "other")
    assert (other["other"], other["header"], other["type"]) == ("o/n e", "more", "text/plain")


def told(said, name):
    """What the stage saw of a call."""
    data = said[name].get("data")
    data = json.loads(data) if isinstance(data, str) else data
    assert said[name].get("status") == 200, (name, said[name])
    return {**data["seen"], "at": data["at"]} if "seen" in data else data


def compact(text):
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return text


NODE = """
const [settings, session, calls] = JSON.parse(require("node:fs").readFileSync(0));
const apigClientFactory = require("./apigClient.js");
(async () => console.log(JSON.stringify(await run(apigClientFactory, settings, session, calls))))();
"""

# What the calls came to, in Node and in a page.
RUN = """
async function run(factory, settings, session, calls) {
  const said = {};
  const client = factory.newClient({ ...settings, sessionToken: undefined, region: undefined, invokeUrl: undefined, defaultAcceptType: undefined });
  const tell = async (name, promise) => {
    said[name] = await promise.then(({ status, data }) => ({ status, data })).catch((e) => ({ status: e.status, data: e.response && e.response.data, error: String(e) }));
  };
  for (const [name, method, params, body] of calls) await tell(name, client[method](params, body));
  const { accessKey, ...anonymous } = settings;
  await tell("forbidden", factory.newClient(anonymous).signedNameGet({ name: "x" }));
  await tell("session", factory.newClient(session).signedNamePost({ name: "x", who: "y" }, { a: 1 }));
  await tell("several", client.thingsNameGet({ name: "x", tag: ["a b", "c"] }));
  await tell("missing", client.thingsNameGet({}));
  await tell("required", client.rootGet());
  await tell("moved", client.movedGet());
  await tell("dots", client.thingsNameGet({ name: ".." }));
  // the padding of what is hashed has cases around 56 and 64 bytes
  for (const length of [...Array(75).keys(), 119, 120, 128, 100000]) {
    const { status } = await client.signedNamePost({ name: "x" }, "é".repeat(length / 2) + "a".repeat(length % 2)).catch((e) => e);
    if (status !== 200) throw new Error("a signed body of " + length + " bytes: " + status);
  }
  await tell("other", client.thingsNamePost({ name: "x" }, new TextEncoder().encode("z"), { headers: { "X-Trace": "more", "Content-Type": "text/plain" }, queryParams: { "other one": "o/n e" } }));
  return said;
}
"""


def cases():
    return [[name, function, params, body] for name, function, params, body, _ in CALLS]


def test_javascript_in_node(sdk):
    root = sdk.unpack("javascript")
    assert root.name == "apiGateway-js-sdk"
    assert sorted(f.name for f in root.iterdir()) == ["README.md", "apigClient.js", "package.json"]
    assert json.loads((root / "package.json").read_text())["main"] == "apigClient.js"
    subprocess.run(["node", "--check", root / "apigClient.js"], check=True, timeout=60)
    (root / "calls.js").write_text(RUN + NODE)
    done = subprocess.run(["node", "calls.js"], cwd=root, input=json.dumps([*sdk.settings, cases()]), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    check(json.loads(done.stdout))


class Page(http.server.BaseHTTPRequestHandler):
    """A page on an origin of its own, which takes the client as a script and posts what its calls came to."""

    files, said = {}, queue.Queue()

    def do_GET(self):
        body = self.files.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.said.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


def test_javascript_in_chromium(sdk):
    script = (sdk.unpack("javascript") / "apigClient.js").read_bytes()
    run = f"run(apigClientFactory, ...JSON.parse({json.dumps(json.dumps([*sdk.settings, cases()]))})).catch(String).then((said) => fetch('/', {{method: 'POST', body: JSON.stringify(said)}}))"
    page = f"<!doctype html><meta charset=utf-8><script src=apigClient.js></script><script>{RUN}\n{run}</script>"
    Page.files = {"/": page.encode(), "/apigClient.js": script}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with chromium(f"http://127.0.0.1:{server.server_address[1]}/", sdk.directory / "profile"):
            check(json.loads(Page.said.get(timeout=60)))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_python(sdk):
    root = sdk.unpack("python", packageName="shop")
    assert tomllib.loads((root / "pyproject.toml").read_text())["project"]["name"] == "shop"
    subprocess.run([sys.executable, "-W", "error", "-m", "compileall", "-q", root], check=True, timeout=60)
    program = """
import json, re, sys
from shop import ApiError, Client
settings, session, calls = json.load(sys.stdin)
unset = {"session_token": None, "region": None, "invoke_url": None}  # as from variables that are not set
client = Client(access_key=settings["accessKey"], secret_key=settings["secretKey"], api_key=settings["apiKey"], **unset)
assumed = Client(access_key=session["accessKey"], secret_key=session["secretKey"], session_token=session["sessionToken"])
said = {}
def tell(name, call):
    try:
        answer = call()
    except ApiError as error:
        answer = error.response
    except ValueError as error:
        said[name] = {"error": str(error)}
        return
    said[name] = {"status": answer.status, "data": answer.text}
for name, method, params, body in calls:
    tell(name, lambda: getattr(client, re.sub(r"(?<=.)([A-Z]|\\\\d+(?=[A-Z]))", r"_\\\\1", method).lower())(params, body))
tell("forbidden", lambda: Client().signed_name_get({"name": "x"}))
tell("session", lambda: assumed.signed_name_post({"name": "x", "who": "y"}, {"a": 1}))
tell("several", lambda: client.things_name_get({"name": "x", "tag": ["a b", "c"]}))
tell("missing", lambda: client.things_name_get({}))
tell("required", lambda: client.root_get())
tell("moved", lambda: client.moved_get())
tell("dots", lambda: client.things_name_get({"name": ".."}))
tell("other", lambda: client.things_name_post({"name": "x"}, b"z", {"X-Trace": "more", "Content-Type": "text/plain"}, {"other one": "o/n e"}))
json.dump(said, sys.stdout)
""".replace("\\\\", "\\")
    done = subprocess.run([sys.executable, "-c", program], cwd=root, input=json.dumps([*sdk.settings, cases()]), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    check(json.loads(done.stdout))


def test_go(sdk):
    root = sdk.unpack("go", packageName="shop", modulePath="example.com/acme/shop")
    names = "\n".join(f'\t"{f}": c.{f[0].upper() + f[1:]},' for _, f, *_ in CALLS)
    (root / "calls").mkdir()
    (root / "calls" / "main.go").write_text(GO.replace("METHODS", names))
    env = {**os.environ, "GOFLAGS": "-mod=mod -trimpath", "GOPROXY": "off", "GOWORK": "off"}
    unformatted = subprocess.run(["gofmt", "-l", *root.glob("*.go")], capture_output=True, text=True, timeout=60)
    assert (unformatted.stdout, unformatted.stderr) == ("", "")
    vetted = subprocess.run(["go", "vet", "./..."], cwd=root, env=env, capture_output=True, text=True, timeout=300)
    assert vetted.returncode == 0, vetted.stderr
    done = subprocess.run(["go", "run", "./calls"], cwd=root, env=env, input=json.dumps([*sdk.settings, cases()]), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    check(json.loads(done.stdout))


GO = """package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"example.com/acme/shop"
)

type method func(context.Context, shop.Input) (*shop.Response, error)

func main() {
	var in [3]json.RawMessage
	var config, session shop.Config
	var calls [][4]any
	if err := errors.Join(json.NewDecoder(os.Stdin).Decode(&in), json.Unmarshal(in[0], &config), json.Unmarshal(in[1], &session), json.Unmarshal(in[2], &calls)); err != nil {
		panic(err)
	}
	c, err := shop.New(config)
	if err != nil {
		panic(err)
	}
	methods := map[string]method{
METHODS
	}
	said := map[string]any{}
	tell := func(name string, call method, in shop.Input) {
		var failed *shop.Error
		answer, err := call(context.Background(), in)
		if errors.As(err, &failed) {
			answer, err = &failed.Response, nil
		}
		if err != nil {
			said[name] = map[string]any{"error": err.Error()}
			return
		}
		said[name] = map[string]any{"status": answer.Status, "data": string(answer.Body)}
	}
	for _, call := range calls {
		params := url.Values{}
		for name, value := range call[2].(map[string]any) {
			params.Set(name, fmt.Sprint(value))
		}
		tell(call[0].(string), methods[call[1].(string)], shop.Input{Params: params, Body: call[3]})
	}
	anonymous, _ := shop.New(shop.Config{})
	x := url.Values{"name": {"x"}}
	tell("forbidden", anonymous.SignedNameGet, shop.Input{Params: x})
	assumed, _ := shop.New(session)
	tell("session", assumed.SignedNamePost, shop.Input{Params: url.Values{"name": {"x"}, "who": {"y"}}, Body: map[string]int{"a": 1}})
	tell("several", c.ThingsNameGet, shop.Input{Params: url.Values{"name": {"x"}, "tag": {"a b", "c"}}})
	tell("missing", c.ThingsNameGet, shop.Input{})
	tell("required", c.RootGet, shop.Input{})
	tell("moved", c.MovedGet, shop.Input{})
	tell("dots", c.ThingsNameGet, shop.Input{Params: url.Values{"name": {".."}}})
	tell("other", c.ThingsNamePost, shop.Input{
		Params: x, Body: []byte("z"), Query: url.Values{"other one": {"o/n e"}}, Header: http.Header{"X-Trace": {"more"}, "Content-Type": {"text/plain"}},
	})
	json.NewEncoder(os.Stdout).Encode(said)
}
"""
