"""The JavaScript SDK walks the classic path (walk.mjs)."""

import json
import shutil
import subprocess

from conftest import CACHE, ROOT, call


def test_classic_path(server, backend):
    shutil.copy(ROOT / "e2e" / "walk.mjs", CACHE / "node" / "walk.mjs")
    done = subprocess.run(["node", "walk.mjs", backend.url], cwd=CACHE / "node", env=server.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["again"] == {"name": "ConflictException", "message": "Response already exists for this resource"}
    assert said["created"] is True
    assert said["paths"] == ["/", "/pets", "/pets/{id}"]
    assert said["classes"] == ["NotFoundException", "ConflictException", "BadRequestException"]
    assert (said["variables"], said["rate"], said["updated"]) == ({"a": "b"}, 2.5, True)
    assert said["tags"] == {"a b": "c/d"}
    assert said["imported"] == "imported"
    assert json.loads(said["tested"])["path"] == "/animals/7"
    answer = call(f"{server.url}/_aws/execute-api/{said['api']}/js/pets/7")
    assert answer.status == 200
    assert answer.json["path"] == "/animals/7"
    assert answer.headers["X-Kind"] == "js"
