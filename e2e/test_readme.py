"""Every command of the README is run, in its order, in one shell."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess

from conftest import CACHE, ROOT, call

README = (ROOT / "README.md").read_text()


def blocks(text):
    """The fenced blocks: (language, text)."""
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.M | re.S)


def commands(block):
    """The commands of a console block."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment(**extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GATEHOUSE_"))}
    env["PATH"] = f"{CACHE}/venv/bin:{env['PATH']}"
    env.update(AWS_PAGER="", AWS_EC2_METADATA_DISABLED="true", **extra)
    return env


def test_make_run():
    assert "make run" in commands(blocks(README)[0][1])
    process = subprocess.Popen(
        ["make", "--silent", "run"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        env=environment(GATEHOUSE_LISTEN="127.0.0.1:0", GATEHOUSE_PORT="0"),
    )
    try:
        printed = []
        for line in process.stdout:
            printed.append(line)
            if line == "Ready.\n":
                break
        lines = [line.strip().partition("  # ")[0] for line in printed if line.strip().startswith("curl ")]
        assert len(lines) >= 5, "".join(printed)
        for line in lines:
            done = subprocess.run(line + " --silent --show-error --fail-with-body --max-time 10", shell=True, capture_output=True, text=True)
            assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


def test_the_tests_are_what_ci_runs():
    assert "make check test" in commands(blocks(README)[1][1])
    assert re.search(r"^make check test$", (ROOT / ".ci" / "run").read_text(), re.M)


def script(port, root_port):
    """One shell script of the README's blocks behind the first two."""
    lines = ["set -e", "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT"]
    for language, text in blocks(README)[2:]:
        if language == "python":
            lines.append(f"API=$(python - <<'PYTHON'\n{text}\nprint(api)\nPYTHON\n)")
            continue
        for command in commands(text):
            if command.startswith("bin/gatehouse dev"):
                command += " &"
                wait = f"http://127.0.0.1:{root_port}/health"
            else:
                wait = f"http://127.0.0.1:{port}/_gatehouse/ready"
            if command.startswith("curl "):
                command += " --silent --show-error --fail-with-body"
            lines.append(f"echo {'> ' + command!r}")
            lines.append(command)
            if command.endswith("&"):
                lines.append(f"for i in $(seq 200); do curl -fs -o /dev/null {wait} && break; sleep 0.05; done")
            if "gatehouse dev" in command:
                lines.append("kill %1; wait %1 || true")
    return "\n".join(lines).replace("127.0.0.1:4566", f"127.0.0.1:{port}")


def test_commands(tmp_path):
    (tmp_path / "bin").symlink_to(ROOT / "bin")
    shutil.copy(ROOT / "examples" / "petstore" / "openapi.yaml", tmp_path / "openapi.yaml")
    (tmp_path / "openapi.json").write_text(json.dumps({
        "openapi": "3.0.1", "info": {"title": "imported", "version": "1"},
        "paths": {"/": {"get": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {
            "type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}, "responses": {"default": {"statusCode": "200"}}}}}},
    }))
    (tmp_path / "template.vtl").write_text("hello $input.path('$.name')\n")
    (tmp_path / "request.json").write_text('{"name": "Ann"}')
    (tmp_path / "cases.jsonl").write_text(json.dumps(
        {"id": "one", "group": "g", "mode": "apigw", "template": "$x!", "context": {"x": 1}, "output": "1!", "source": "ours"}) + "\n")
    port, root_port = free_port(), free_port()
    done = subprocess.run(
        ["bash", "-c", script(port, root_port)], cwd=tmp_path, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
        env=environment(GATEHOUSE_LISTEN=f"127.0.0.1:{port}", GATEHOUSE_PORT=str(root_port), AWS_MAX_ATTEMPTS="1"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('{"stage": "prod"}') == 3, done.stdout
    assert '"name": "imported"' in done.stdout
    assert "hello Ann" in done.stdout
    assert "1 passed, 0 failed" in done.stdout
