"""Answers that are streamed, through clients that read them as they come."""

import http.server
import json
import queue
import shutil
import subprocess
import threading
import urllib.parse

import httpx
import pytest

from conftest import CACHE, ROOT, chromium

EVENTS = 4
PATIENCE = 30


# A page that reads the events as they come and says so of each.
PAGE = b"""<!doctype html><title>events</title><script>
const seen = []
const source = new EventSource("events?reader=browser")
source.onmessage = (e) => { seen.push(e.data); fetch("release?reader=browser") }
source.addEventListener("end", (e) => { source.close(); fetch("done?reader=browser&seen=" + seen + "," + e.data) })
</script>"""


class Events(http.server.BaseHTTPRequestHandler):
    """A backend of server-sent events, each of which waits until its reader has had the one before."""

    protocol_version = "HTTP/1.1"
    released = {}
    done = queue.Queue()
    lock = threading.Lock()

    @classmethod
    def gate(cls, reader):
        with cls.lock:
            return cls.released.setdefault(reader, threading.Semaphore(0))

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        gate = self.gate(urllib.parse.parse_qs(url.query)["reader"][0])
        if url.path in ("/release", "/done"):
            gate.release()
            if url.path == "/done":
                self.done.put(url.query)
            self.send_response(204)
            self.end_headers()
            return
        if url.path == "/page":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for i in range(EVENTS):
            self.chunk(f"data: {i}\n\n")
            if not gate.acquire(timeout=PATIENCE):
                self.close_connection = True  # the reader has not had it
                return
        self.chunk("event: end\ndata: bye\n\n")
        if url.path == "/broken":
            self.close_connection = True
            return
        self.chunk("")

    def chunk(self, text):
        self.wfile.write(f"{len(text):x}\r\n{text}\r\n".encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def events():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Events)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def streaming(client):
    """Deploys an API that streams from a URL, and returns the path of its stage."""

    def deploy(url):
        api = client.create_rest_api(name="streams", endpointConfiguration={"types": ["REGIONAL"]})["id"]
        root = client.get_resources(restApiId=api)["items"][0]["id"]
        proxy = client.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
        method = dict(restApiId=api, resourceId=proxy, httpMethod="ANY")
        client.put_method(**method, authorizationType="NONE", requestParameters={"method.request.path.proxy": True})
        made = client.put_integration(
            **method, type="HTTP_PROXY", integrationHttpMethod="ANY", uri=url + "/{proxy}", responseTransferMode="STREAM", timeoutInMillis=900000,
            requestParameters={"integration.request.path.proxy": "method.request.path.proxy"},
        )
        assert (made["responseTransferMode"], made["timeoutInMillis"]) == ("STREAM", 900000)
        client.create_deployment(restApiId=api, stageName="prod")
        return f"/_aws/execute-api/{api}/prod"

    return deploy


def release(events, reader):
    httpx.get(f"{events}/release", params={"reader": reader}).raise_for_status()


def test_curl(server, events, streaming):
    url = server.url + streaming(events)
    for path, code in ("/events", 0), ("/broken", 18):  # 18: the transfer is not complete
        process = subprocess.Popen(["curl", "-sN", f"{url}{path}?reader={path}"], stdout=subprocess.PIPE, text=True)
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("data: ") and "bye" not in line:
                release(events, path)
        assert "".join(lines) == "".join(f"data: {i}\n\n" for i in range(EVENTS)) + "event: end\ndata: bye\n\n"
        assert process.wait(PATIENCE) == code


def test_httpx(server, events, streaming):
    url = server.url + streaming(events)
    with httpx.stream("GET", f"{url}/events?reader=httpx", timeout=PATIENCE) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
        seen = []
        for line in answer.iter_lines():
            if line.startswith("data: ") and "bye" not in line:
                release(events, "httpx")
                seen.append(line)
    assert seen == [f"data: {i}" for i in range(EVENTS)]
    with pytest.raises(httpx.RemoteProtocolError), httpx.stream("GET", f"{url}/broken?reader=broken", timeout=PATIENCE) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: ") and "bye" not in line:
                release(events, "broken")


def node(script, *args):
    shutil.copy(ROOT / "e2e" / script, CACHE / "node" / script)
    done = subprocess.run(["node", script, *args], cwd=CACHE / "node", capture_output=True, text=True, timeout=2 * PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("reader", ["fetch", "EventSource"])
def test_node(server, events, streaming, reader):
    assert node("streams.mjs", reader, server.url + streaming(events), events) == [str(i) for i in range(EVENTS)]


def test_mcp(server, streaming):
    """The MCP SDK's streamable HTTP transport: what a tool says while it works comes while it works."""
    backend = subprocess.Popen(["node", prepared("mcpserver.mjs")], cwd=CACHE / "node", stdout=subprocess.PIPE, text=True)
    try:
        url = backend.stdout.readline().strip()
        said = node("mcp.mjs", server.url + streaming(url) + "/mcp", url)
        assert said == {"tools": ["work"], "progress": [1, 2, 3], "result": "done", "told": ["hello"]}
    finally:
        backend.kill()
        backend.wait()
        backend.stdout.close()


def prepared(script):
    shutil.copy(ROOT / "e2e" / script, CACHE / "node" / script)
    return script


def test_events_are_not_held_back_by_deployments(client, server, events, streaming):
    """A stream goes on under the deployment that it began with."""
    path = streaming(events)
    api = path.split("/")[3]
    with httpx.stream("GET", f"{server.url}{path}/events?reader=deployed", timeout=PATIENCE) as answer:
        seen = []
        for line in answer.iter_lines():
            if line.startswith("data: ") and "bye" not in line:
                client.create_deployment(restApiId=api, stageName="prod")
                release(events, "deployed")
                seen.append(line)
    assert seen == [f"data: {i}" for i in range(EVENTS)]


def test_browser(server, events, streaming, tmp_path):
    """Chromium's own EventSource."""
    url = f"{server.url}{streaming(events)}/page?reader=browser"
    with chromium(url, tmp_path):
        assert Events.done.get(timeout=2 * PATIENCE) == "reader=browser&seen=0,1,2,3,bye"
