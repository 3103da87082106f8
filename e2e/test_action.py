"""The action's script against a release at a server of this machine, with what a runner sets."""

import functools
import hashlib
import http.server
import os
import platform
import re
import signal
import subprocess
import tarfile
import threading

import boto3
import pytest
from conftest import BINARY, ROOT

ARCH = {"x86_64": ("amd64", "X64"), "aarch64": ("arm64", "ARM64"), "arm64": ("arm64", "ARM64")}[platform.machine()]
SYSTEM = {"Linux": ("linux", "Linux"), "Darwin": ("darwin", "macOS")}[platform.system()]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """The URL of a server that has a release."""
    tmp_path = tmp_path_factory.mktemp("action")
    name = f"gatehouse_1.2.3_{SYSTEM[0]}_{ARCH[0]}"
    place = tmp_path / "releases" / "v1.2.3"
    place.mkdir(parents=True)
    with tarfile.open(place / f"{name}.tar.gz", "w:gz", compresslevel=1) as tar:
        tar.add(BINARY, f"{name}/gatehouse")
    digest = hashlib.sha256((place / f"{name}.tar.gz").read_bytes()).hexdigest()
    (place / "SHA256SUMS").write_text(f"{'0' * 64}  other.tar.gz\n{digest}  {name}.tar.gz\n")
    handler = functools.partial(Quiet, directory=tmp_path / "releases")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def action(tmp_path, releases):
    """Runs the script with inputs, and ends what it has started."""
    started = []

    def run(**inputs):
        runner = tmp_path / "D:runner"  # Windows' D:\a\_temp has a colon, too
        runner.mkdir()
        files = {name: runner / name for name in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT")}
        for file in files.values():
            file.touch()
        given = {"version": "1.2.3", "sha256": "", "arguments": "--in-memory --listen 127.0.0.1:0", "start": "true"} | inputs
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GATEHOUSE_"))}
        env |= {f"INPUT_{k.upper()}": v for k, v in given.items()} | {k: str(v) for k, v in files.items()}
        env |= {"RUNNER_OS": SYSTEM[1], "RUNNER_ARCH": ARCH[1], "RUNNER_TEMP": str(runner), "GITHUB_WORKSPACE": str(tmp_path), "ACTION_RELEASES": releases}
        process = subprocess.Popen(["bash", ROOT / "scripts" / "action.sh"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        started.append(process)
        printed = process.stdout.read()
        code = process.wait(60)
        return code, printed, {k: v.read_text() for k, v in files.items()}

    yield run
    for process in started:
        try:
            os.killpg(process.pid, signal.SIGTERM)  # with the server, which outlives the script
        except ProcessLookupError:
            pass
        process.stdout.close()


def test_starts(action):
    code, printed, files = action()
    assert code == 0, printed
    endpoint = files["GITHUB_OUTPUT"].strip().removeprefix("endpoint=")
    settings = dict(line.split("=", 1) for line in files["GITHUB_ENV"].splitlines())
    assert settings["AWS_ENDPOINT_URL_API_GATEWAY"] == endpoint
    client = boto3.client(
        "apigateway", endpoint_url=endpoint, region_name=settings["AWS_REGION"],
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"], aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"])
    assert client.get_rest_apis()["items"] == []


def test_only_the_program(action):
    code, printed, files = action(start="false")
    assert code == 0, printed
    assert subprocess.run([files["GITHUB_PATH"].strip() + "/gatehouse", "version"], check=True).returncode == 0
    assert files["GITHUB_ENV"] == ""


@pytest.mark.parametrize("inputs, says", [
    ({"sha256": "0" * 64}, "has the checksum"),
    ({"version": "9.9.9"}, "cannot be downloaded"),
    ({"version": "1.2.3; id"}, "is no release"),
    ({"arguments": "--no-such-flag"}, "it does not serve"),
])
def test_fails(action, inputs, says):
    code, printed, files = action(**inputs)
    assert code == 1
    assert re.search(rf"^::error::gatehouse: .*{says}", printed, re.M), printed
    assert files["GITHUB_OUTPUT"] == ""
