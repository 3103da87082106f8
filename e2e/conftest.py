"""Fixtures of the end-to-end suite: the built binary, real clients."""

import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import boto3
import pytest
import services
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "bin" / "gatehouse"
CACHE = ROOT / ".cache" / "e2e"
ACCOUNT = "000000000000"


class Server:
    """One gatehouse process on a data directory of its own."""

    def __init__(self, directory, *flags):
        self.directory = directory
        self.flags = flags
        self.process = None
        self.url = None

    def start(self):
        command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", str(self.directory), *services.flags(self.directory), *self.flags]
        env = {k: v for k, v in os.environ.items() if not k.startswith("GATEHOUSE_")}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=open(self.directory.parent / "log", "a"), text=True, env=env)
        for line in self.process.stdout:
            if match := re.match(r"Control plane\s+(\S+)", line):
                self.url = match[1]
            if line == "Ready.\n":
                return self
        raise RuntimeError("the server ended: " + (self.directory.parent / "log").read_text()[-2000:])

    def stop(self, sig=signal.SIGTERM):
        """Ends the process and returns its exit code."""
        self.process.send_signal(sig)
        code = self.process.wait(timeout=30)
        self.process.stdout.close()
        return code

    def logs(self, text):
        """Waits until the log has a text: its lines are written beside the answers."""
        end = time.monotonic() + 30
        while text not in (log := (self.directory.parent / "log").read_text()):
            assert time.monotonic() < end, f"{text!r} is not in the log:\n{log}"
            time.sleep(0.05)

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def client(self, service="apigateway", **options):
        settings = dict(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        settings.update(options)
        return boto3.client(service, endpoint_url=self.url, config=Config(retries={"total_max_attempts": 1}), **settings)

    def aws(self, *arguments, env=None):
        """Runs the aws CLI that is beside this Python, and returns what it printed, parsed."""
        command = [pathlib.Path(sys.executable).parent / "aws", *arguments]
        done = subprocess.run(command, env=self.environment() | {"AWS_ENDPOINT_URL": self.url} | (env or {}), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def environment(self):
        """The environment of a client process."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL_API_GATEWAY": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }


@pytest.fixture(scope="session", autouse=True)
def ends_services():
    yield
    services.stop()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "data").start()
    yield server
    if server.process.poll() is None:
        assert server.stop() == 0


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def aws(server):
    """Runs the aws CLI and returns what it printed, parsed if it is JSON."""

    def run(*args, fails=None):
        command = [CACHE / "venv" / "bin" / "aws", "apigateway", *args]
        done = subprocess.run(command, capture_output=True, text=True, env=server.environment(), timeout=60)
        if fails is not None:
            assert done.returncode != 0, done.stdout
            assert fails in done.stderr, done.stderr
            return None
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip()[:1] in ("{", "[", '"') else done.stdout.strip()

    return run


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    """The URL of a moto server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("moto") / "log"
    command = [pathlib.Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
    env = {**os.environ, "MOTO_ACCOUNT_ID": ACCOUNT, "AWS_EC2_METADATA_DISABLED": "true"}
    with open(log, "w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=env)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(url + "/moto-api/", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def service(moto):
    """Makes boto3 clients of moto."""

    def client(name):
        return boto3.client(name, endpoint_url=moto, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")

    return client


class Backend(http.server.ThreadingHTTPServer):
    """An HTTP backend that tells what it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        seen = {
            "method": self.command,
            "path": self.path,
            "headers": [[k, v] for k, v in self.headers.items()],
            "body": self.rfile.read(length).decode("utf-8", "replace"),
        }
        status = int(self.headers.get("X-Want-Status") or 200)
        body = json.dumps(seen).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Backend", "one")
        self.send_header("X-Backend", "two")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = answer

    def log_message(self, *args):
        pass


@pytest.fixture
def backend():
    backend = Backend()
    thread = threading.Thread(target=backend.serve_forever)
    thread.start()
    yield backend
    backend.shutdown()
    thread.join()
    backend.server_close()


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    @property
    def json(self):
        return json.loads(self.body)


def call(url, method="GET", body=None, headers=None):
    """One request; an error status is an answer like any other."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    opener = urllib.request.build_opener(NoRedirect)
    try:
        with opener.open(request, timeout=10) as response:
            return Answer(response, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error, error.read())


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


@contextlib.contextmanager
def chromium(url, profile):
    """A headless Chromium that shows a page."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "scripts/prepare.sh installs chromium"
    process = subprocess.Popen(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-quic", f"--user-data-dir={profile}", "--remote-debugging-port=0", url],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # with its own processes
        process.wait()


def stage_urls(server, api, stage):
    """The three forms of a stage's URL, as (url, headers)."""
    return [
        (f"{server.url}/_aws/execute-api/{api}/{stage}", {}),
        (f"{server.url}/restapis/{api}/{stage}/_user_request_", {}),
        (f"{server.url}/{stage}", {"Host": f"{api}.execute-api.us-east-1.amazonaws.com"}),
    ]
