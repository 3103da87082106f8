"""The portal in a browser: it is read, it calls the stage, it is accessible, and a definition has no say in it but its texts."""

import json

import pytest
from browser import Browser
from conftest import CACHE, Handler, Server

API_KEY = "abcdefghijklmnopqrstuvwxyz"
ECHO = {"type": "http_proxy", "httpMethod": "ANY"}


def operation(backend, path, parameters=(), **more):
    placed = {f"integration.request.path.{p['name']}": f"method.request.path.{p['name']}" for p in parameters if p["in"] == "path"}
    return {
        "parameters": [{"schema": {"type": "string"}, **p} for p in parameters],
        "responses": {"200": {"description": "What was asked"}},
        "x-amazon-apigateway-integration": {**ECHO, "uri": backend.url + path, "requestParameters": placed},
        **more,
    }


def definition(backend):
    pet = {"$ref": "#/components/schemas/Pet"}
    identity = {"name": "id", "in": "path", "required": True}
    moved = {"statusCode": "302", "responseParameters": {"method.response.header.Location": f"'{backend.url}/followed'"}}
    return {
        "openapi": "3.0.1",
        "info": {"title": "Pets", "version": "1", "description": "Sells **pets**, see [us](https://pets.example/).\n\n- cats\n- dogs\n\n```\ncode\n```"},
        "components": {
            "schemas": {"Pet": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "description": "What it is called"}, "tags": {"type": "array", "items": {"type": "string"}}}}},
            "securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
        },
        "paths": {
            "/pets/{id}": {
                "get": operation(backend, "/pets/{id}", [identity, {"name": "sort", "in": "query", "required": True, "description": "By what"}, {"name": "X-Trace", "in": "header"}], summary="One pet", security=[{"api_key": []}]),
                "put": operation(backend, "/pets/{id}", [identity], deprecated=True, requestBody={"required": True, "content": {"application/json": {"schema": pet}}}),
            },
            "/files/{rest+}": {"x-amazon-apigateway-any-method": operation(backend, "/files/{rest}", [{"name": "rest", "in": "path", "required": True}])},
            "/moved": {"get": {
                "responses": {"302": {"description": "Elsewhere", "headers": {"Location": {"schema": {"type": "string"}}}}},
                "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 302}'}, "responses": {"default": moved}},
            }},
        },
    }


HOSTILE = ["<script>xss = 1</script>", '"><img src=https://evil.example/ onerror=xss=1>', "<style>*{display:none}</style>", "[a](javascript:xss=1)",
           "<form action=https://evil.example/><input name=password></form>", "</textarea></select></title><svg onload=xss=1>", "<iframe srcdoc='<script>parent.xss=1</script>'>", "{{constructor.constructor('xss=1')()}}"]


def hostile():
    text = "\n\n".join(HOSTILE)
    mock = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}, "responses": {"default": {"statusCode": "200"}}}
    values = {"type": "string", "description": text, "enum": HOSTILE, "default": HOSTILE[0]}
    return {
        "openapi": "3.0.1",
        "info": {"title": text, "version": HOSTILE[1], "description": text, "termsOfService": "javascript:xss=1", "contact": {"name": text, "url": "data:text/html,<script>xss=1</script>"}, "license": {"name": text, "url": "javascript:xss=1"}},
        "servers": [{"url": "https://{host}/", "variables": {"host": {"default": HOSTILE[1]}}}],
        "externalDocs": {"description": text, "url": "javascript:xss=1"},
        "components": {"schemas": {"Pet": {"type": "object", "title": text, "description": text, "properties": {HOSTILE[0]: values, HOSTILE[5]: values}}}},
        "paths": {"/a": {"post": {
            "summary": text, "description": text, "operationId": "a", "tags": [text],
            "parameters": [{"name": "q", "in": "query", "description": text, "schema": {"type": "string"}}],
            "requestBody": {"description": text, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
            "responses": {"200": {"description": text}},
            "x-amazon-apigateway-integration": mock,
        }}, "/../../../../restapis": {"post": {"responses": {"200": {"description": text}}, "x-amazon-apigateway-integration": mock}}},
    }


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as b:
        yield b


@pytest.fixture
def portal(tmp_path):
    server = Server(tmp_path / "data", "--portal", "pets", "--portal", "hostile/prod").start()
    yield server
    assert server.stop() == 0


def deploy(server, api, document):
    """Deploys a definition as the stage prod, with its documentation."""
    client = server.client()
    client.create_rest_api(name=api, tags={"_custom_id_": api})
    client.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(document))
    client.create_deployment(restApiId=api, stageName="prod")
    client.create_documentation_version(restApiId=api, documentationVersion="1", stageName="prod")
    return f"{server.url}/_gatehouse/docs/{api}/prod/"


def allow_key(client):
    plan = client.create_usage_plan(name="all", apiStages=[{"apiId": "pets", "stage": "prod"}])["id"]
    key = client.create_api_key(name="one", value=API_KEY, enabled=True)["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")


AXE = (CACHE / "node" / "node_modules" / "axe-core" / "axe.min.js").read_text() if (CACHE / "node").exists() else ""


def check_accessible(browser, *schemes):
    """Every rule of axe-core holds: those of WCAG 2 A and AA, and its others."""
    browser.run(AXE + "; 0")
    for scheme in schemes:
        browser.show(scheme)
        found = browser.run("axe.run(document).then(r => [r.violations, r.passes.length, r.incomplete])")
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found[0]] == []
        assert found[1] > 10
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found[2]] == []


def form(path, method):
    return f"""document.querySelector('form[data-path="{path}"][data-method="{method}"]')"""


def answered(browser, of):
    """Waits for an answer, and returns its status line and body."""
    status = browser.until(f"{of}.querySelector('.answer') && !/^(Sending…)?$/.test({of}.querySelector('[role=status]').textContent) && {of}.querySelector('[role=status]').textContent")
    browser.until(f"{of}.querySelector('button[type=button]').hidden")
    return status, browser.run(f"[...{of}.querySelectorAll('.answer pre')].at(-1)?.textContent")


def fill(browser, of, **values):
    for name, value in values.items():
        browser.run(f"""(() => {{ const f = {of}.querySelector('[data-name={json.dumps(name)}], [data-in={json.dumps(name)}]'); f.value = {json.dumps(value)}; }})()""")


def send(browser, of):
    browser.run(f"{of}.querySelector('[role=status]').textContent = ''; {of}.closest('details').open = true; {of}.querySelector('button').click()")


def test_portal_calls_the_stage(portal, browser, backend, monkeypatch):
    seen_paths = []
    monkeypatch.setattr(Handler, "log_message", lambda self, *_: seen_paths.append(self.path))
    page = deploy(portal, "pets", definition(backend))
    allow_key(portal.client())
    browser.show("light")
    browser.go(page)
    assert browser.run("document.title") == "Pets (prod)"
    assert browser.complaints() == []

    # by keys alone: the link to the operations, the credentials, then the form of the first operation that has a parameter
    browser.press("Tab")
    assert browser.run("document.activeElement.className") == "skip"
    browser.press("Enter")
    assert browser.run("document.activeElement.id") == "operations"
    browser.press("Tab", API_KEY)
    assert browser.run("document.activeElement.dataset.name") == "x-api-key"
    browser.press("Tab", "X-More: more")
    get = form("/pets/{id}", "GET")
    for _ in range(30):
        browser.press("Tab")
        if browser.run("document.activeElement.textContent") == "Try it: GET /pets/{id}":
            break
    browser.press("Enter", "Tab", "a b/é")
    browser.press("Enter")  # a parameter that is required is missing
    assert browser.run(f"{get}.querySelector('[role=status]').textContent") == ""
    assert browser.run("document.activeElement.dataset.name") == "sort"
    browser.press("by&name", "Tab", "t1", "Enter")
    status, body = answered(browser, get)
    assert status.startswith("200 OK, after ")
    seen = json.loads(body)
    headers = {k.lower(): v for k, v in seen["headers"]}
    assert (seen["method"], seen["path"]) == ("GET", "/pets/a%20b%2F%C3%A9?sort=by%26name")
    assert (headers["x-api-key"], headers["x-trace"], headers["x-more"]) == (API_KEY, "t1", "more")
    assert "cookie" not in headers
    command = browser.run(f"{get}.querySelector('.answer pre').textContent")
    assert f"{portal.url}/_aws/execute-api/pets/prod/pets/a%20b%2F%C3%A9?sort=by%26name" in command and f"'x-api-key: {API_KEY}'" in command
    check_accessible(browser, "light", "dark")

    # without the key
    browser.run("document.querySelector('[data-scheme]').value = ''")
    send(browser, get)
    status, body = answered(browser, get)
    assert status.startswith("403 Forbidden") and json.loads(body) == {"message": "Forbidden"}

    # a body, which begins as the model is
    put = form("/pets/{id}", "PUT")
    fill(browser, put, id="7")
    send(browser, put)
    status, body = answered(browser, put)
    assert status.startswith("200") and json.loads(json.loads(body)["body"]) == {"name": "string", "tags": ["string"]}
    assert ["content-type", "application/json"] in [[k.lower(), v] for k, v in json.loads(body)["headers"]]

    # any method, a greedy path, and what no browser can send
    files = form("/files/{rest+}", "ANY")
    fill(browser, files, method="DELETE", rest="a b/c")
    send(browser, files)
    assert (lambda seen: (seen["method"], seen["path"]))(json.loads(answered(browser, files)[1])) == ("DELETE", "/files/a%20b/c")
    fill(browser, files, rest="a/../b")
    send(browser, files)
    assert "No segment of a path can be . or .." in answered(browser, files)[0]
    browser.run("document.getElementById('headers').value = 'Host: evil.example'")
    fill(browser, files, rest="a")
    send(browser, files)
    assert "The browser did not send host." in answered(browser, files)[0]
    browser.run("document.getElementById('headers').value = ''")
    moved = form("/moved", "GET")
    send(browser, moved)
    assert answered(browser, moved)[0].startswith("A redirect, after ")
    assert "/files/a" in seen_paths and "/followed" not in seen_paths

    # finding an operation
    browser.run("(() => { const f = document.getElementById('find'); f.focus(); })()")
    browser.press("one PETS")
    assert browser.until("document.getElementById('found').textContent") == "1 of 4"
    assert browser.run("[...document.querySelectorAll('nav li:not([hidden])')].map((e) => e.textContent).join()") == "GET /pets/{id} One pet"


def test_portal_is_accessible(portal, browser):
    browser.go(deploy(portal, "hostile", hostile()))
    browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    check_accessible(browser, "light", "dark")
    for page in ("", "none/prod/"):
        browser.go(f"{portal.url}/_gatehouse/docs/{page}")
        check_accessible(browser, "dark")


def test_portal_shows_hostile_definitions_as_text(portal, browser):
    page = deploy(portal, "hostile", hostile())
    browser.go(page)
    browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browser.complaints() == []  # of the policy, too: there was nothing to refuse
    assert browser.run("typeof xss") == "undefined"
    text = browser.run("document.querySelector('main').innerText")
    for said in HOSTILE:
        assert said in text
    assert browser.run("document.querySelectorAll('img, svg, iframe, script:not(:last-of-type), [onload], [onerror], [action], a[href^=javascript], a[href^=data]').length") == 0
    send(browser, form("/a", "POST"))
    assert answered(browser, form("/a", "POST"))[0].startswith("200")
    # a path that leads out of the stage, to the control plane, has no form, and would not be called
    assert browser.run("document.querySelectorAll('form[data-path*=\"..\"]').length") == 0
    browser.run(f"{form('/a', 'POST')}.dataset.path = '/../../../../restapis'")
    send(browser, form("/../../../../restapis", "POST"))
    assert "No segment of a path can be . or .." in answered(browser, form("/../../../../restapis", "POST"))[0]
    assert {url.split("/_", 1)[0] for url in browser.asked()} == {portal.url}
    # what would stand there all the same could do nothing
    assert browser.run("(() => { try { document.body.innerHTML = '<img src=x onerror=xss=1>'; return 'set' } catch (e) { return e.name } })()") == "TypeError"
    assert browser.run("(() => { const s = document.createElement('style'); s.textContent = '*{color:red}'; document.head.append(s); return s.sheet === null })()")
    assert browser.run("fetch('https://evil.example/').then(() => 'sent', () => 'refused')") == "refused"
    assert any("Content Security Policy" in text for text in browser.complaints())
