"""PostgreSQL and Redis for servers of the end-to-end suite, where E2E_SERVICES is set."""

import base64
import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Services:
    """A PostgreSQL, with a schema for each data directory, and a Redis, with a database for each."""

    REDIS_DATABASES = 1000

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="pg"))
        self.bin = pathlib.Path((sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres")) or [shutil.which("postgres")])[-1]).parent
        self.owner = {}
        if os.getuid() == 0:  # by whom PostgreSQL refuses to be run
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            self.owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self.processes = []
        self.flags = {}

    def start(self):
        data, self.port, self.redis = self.directory / "data", free_port(), free_port()
        subprocess.run([self.bin / "initdb", f"--pgdata={data}", "--username=gatehouse", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
                       cwd="/", check=True, stdout=subprocess.DEVNULL, **self.owner)
        (self.directory / "secrets.key").write_bytes(base64.b64encode(os.urandom(32)) + b"\n")
        (self.directory / "secrets.key").chmod(0o600)
        log = open(self.directory / "log", "w")
        settings = ["fsync=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.directory}", "max_connections=400"]
        postgres = [self.bin / "postgres", "-D", data, "-p", str(self.port), *(part for line in settings for part in ("-c", line))]
        self.processes.append(subprocess.Popen(postgres, cwd="/", stdout=log, stderr=log, **self.owner))
        redis = ["redis-server", "--port", str(self.redis), "--bind", "127.0.0.1", "--save", "", "--databases", str(self.REDIS_DATABASES), "--dir", str(self.directory)]
        self.processes.append(subprocess.Popen(redis, cwd="/", stdout=log, stderr=log))
        for wait, port in ((self.sql, "SELECT 1"), (self.dial, self.redis)):
            end = time.monotonic() + 60
            while not wait(port):
                assert time.monotonic() < end, (self.directory / "log").read_text()
                time.sleep(0.05)
        return self

    def sql(self, statement):
        command = [self.bin / "psql", "-q", "-h", str(self.directory), "-p", str(self.port), "-U", "gatehouse", "-c", statement, "postgres"]
        return subprocess.run(command, cwd="/", capture_output=True).returncode == 0

    def dial(self, port):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
        return False

    def of(self, directory):
        """The flags of a server with a data directory: the same ones each time."""
        if directory not in self.flags:
            number = len(self.flags) + 1
            assert self.sql(f"CREATE SCHEMA server{number}")
            self.flags[directory] = [
                "--secrets-key-file", str(self.directory / "secrets.key"),  # which servers that share a database need for some settings
                "--database", f"postgres://gatehouse@127.0.0.1:{self.port}/postgres?sslmode=disable&search_path=server{number}",
                "--valkey", f"redis://127.0.0.1:{self.redis}/{number % self.REDIS_DATABASES}",
            ]
        return self.flags[directory]

    def stop(self):
        for process in self.processes:
            process.kill() if process.args[0] == "redis-server" else process.send_signal(3)  # QUIT: at once, with its children
            process.wait(timeout=30)
        shutil.rmtree(self.directory, ignore_errors=True)


_services = None


def flags(directory):
    """What a server with a data directory is started with besides."""
    global _services
    if not os.environ.get("E2E_SERVICES"):
        return []
    if _services is None:
        _services = Services().start()
    return _services.of(str(directory))


def stop():
    """Ends what was started."""
    global _services
    if _services is not None:
        _services.stop()
        _services = None
