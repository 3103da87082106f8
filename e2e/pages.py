"""Reads the pages of docs/, and runs their commands as a reader would: one page in one shell, from top to bottom.

A comment in the line before a fenced block says what it is:

    <!-- file: NAME -->       the block is the file NAME of the directory in which the commands run
    <!-- not run: REASON -->  the commands need what a test does not have

All other blocks of console (lines that begin with "$ ", and what they print) and bash are run. What a console block shows has to be
printed by its command, in this order; "…" stands for any text."""

import os
import re
import signal
import socket
import subprocess

from conftest import CACHE, ROOT

FENCE = re.compile(r"(?:^<!-- (?P<kind>file|not run): (?P<what>[^\n]+) -->\n)?^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```", re.M | re.S)


class Block:
    def __init__(self, page, match):
        self.page, self.kind, self.what = page, match["kind"], match["what"]
        self.language, self.text = match["language"], match["text"]

    @property
    def commands(self):
        """Are there commands in it?"""
        return self.kind != "file" and self.language in ("console", "bash", "sh", "shell")

    def __str__(self):
        return f"{self.page}: {self.text.strip().splitlines()[0]}"


def page(name):
    """The blocks of a page of docs/, or of the README."""
    path = ROOT / name if name == "README.md" else ROOT / "docs" / name
    return [Block(name, m) for m in FENCE.finditer(path.read_text())]


def names():
    return sorted(p.name for p in (ROOT / "docs").glob("*.md"))


class Command:
    """A command of a console block: its text, and the lines that it prints."""

    def __init__(self, text):
        self.text, self.shown = text, []


def commands(block):
    if block.language != "console":
        return [Command(block.text)]
    found, going_on = [], False
    for line in block.text.splitlines():
        if going_on:
            found[-1].text += "\n" + line
        elif line.startswith("$ "):
            found.append(Command(line[2:]))
        else:
            assert found, f"{block}: output without a command"
            found[-1].shown.append(line)
            continue
        heredoc = re.search(r"<<'?(\w+)'?", found[-1].text)
        going_on = line.endswith("\\") or bool(heredoc and line != heredoc[1])
    return found


MARK = "---- command "


def script(blocks):
    """A shell script of the commands, which prints a mark in front of the output of each."""
    lines = ["set -e -o pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"]
    everything = [c for block in blocks for c in commands(block)]
    for i, command in enumerate(everything):
        text = command.text
        if re.match(r"\s*curl ", text):
            text = re.sub(r"\bcurl ", "curl --silent --show-error --max-time 20 ", text, count=1)
        if text.endswith("&"):
            text = text[:-1] + f">> background-{i}.log 2>&1 &"
        lines += [f"echo; echo '{MARK}{i}'", text]
    return "\n".join(lines), everything


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def other_ports(text, ports):
    """A text with the ports that pages use replaced by free ones, which are the same for all texts."""

    def port(match):
        return ports.setdefault(match[0], str(free_port()))

    return re.sub(r"\b(?:3000|4566|4567|8080|8443|9090)\b", port, text)


def run(name, directory, **environment):
    """Runs the commands of a page in a directory, and checks what they print. Returns all of it."""
    ports = {}
    blocks = page(name)
    for block in blocks:
        if block.kind == "file":
            path = directory / block.what
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(other_ports(block.text, ports))
    (directory / "bin").mkdir()
    (directory / "bin" / "gatehouse").symlink_to(ROOT / "bin" / "gatehouse")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GATEHOUSE_"))}
    env |= {"AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "HOME": str(directory)} | environment
    env["PATH"] = f"{directory}/bin:{CACHE}/venv/bin:{env['PATH']}"
    text, everything = script([b for b in blocks if b.commands and b.kind is None])
    text = other_ports(text, ports)
    env["GATEHOUSE_LISTEN"] = "127.0.0.1:" + other_ports("4566", ports)
    if "3000" in ports:
        env["GATEHOUSE_PORT"] = ports["3000"]
    with open(directory / "printed.log", "w") as out:
        process = subprocess.Popen(["bash", "-c", text], cwd=directory, env=env, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            code = process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
    output = printed = (directory / "printed.log").read_text()
    for log in sorted(directory.glob("background-*.log")):
        printed += f"\n==== {log.name}\n{log.read_text()}"
    assert code == 0, printed
    outputs = re.split(rf"^{MARK}(\d+)\n", output, flags=re.M)[1:]
    for number, output in zip(outputs[::2], outputs[1::2]):
        shown = other_ports("\n".join(everything[int(number)].shown), ports).splitlines()
        pattern = ".*?".join(re.escape(line.strip()).replace("…", ".*?") for line in shown if line.strip())
        assert re.search(pattern, output, re.S), f"{name}: {everything[int(number)].text}\nprints\n{output}\nand not\n{shown}\n{printed}"
    return printed
