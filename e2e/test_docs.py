"""The commands of docs/ are run. pages.py says how a page has to be written."""

import ast
import json
import re
import subprocess

import pages
import pytest
import yaml
from conftest import ROOT

# The pages whose commands are run as they stand. Those of all others say of each block why it is not.
RUN = ["ci.md", "coming-from-localstack.md", "moving-off-aws.md", "production.md", "terraform.md", "tls.md"]


@pytest.mark.parametrize("name", sorted(set(RUN) - {"moving-off-aws.md"}))
def test_page(name, tmp_path):
    pages.run(name, tmp_path)


def test_moving_off_aws(server, client, tmp_path):
    """A server of ours stands for AWS."""
    api = client.create_rest_api(name="shop")["id"]
    health = client.create_resource(restApiId=api, parentId=client.get_resources(restApiId=api)["items"][0]["id"], pathPart="health")["id"]
    method = {"restApiId": api, "resourceId": health, "httpMethod": "GET"}
    client.put_method(**method, authorizationType="NONE")
    client.put_method_response(**method, statusCode="200")
    client.put_integration(**method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    client.put_integration_response(**method, statusCode="200", responseTemplates={"application/json": "up"})
    client.create_deployment(restApiId=api, stageName="prod")
    (tmp_path / "page").mkdir()
    pages.run("moving-off-aws.md", tmp_path / "page", API=api, **{k: v for k, v in server.environment().items() if k.startswith("AWS_")})


def test_every_command_is_run_or_says_why_not():
    for name in pages.names():
        for block in pages.page(name):
            if not block.commands or (name in RUN and block.kind is None):
                continue
            assert block.kind == "not run", f"{block}: nothing runs this, and no comment above it says why"


def test_reasons_name_tests_that_there_are():
    source = "".join(p.read_text() for pattern in ("**/*_test.go", "e2e/*.py") for p in ROOT.glob(pattern) if "/.cache/" not in str(p))
    for name in pages.names():
        for block in pages.page(name):
            if block.kind != "not run":
                continue
            for test in re.findall(r"\bTest\w+", block.what):
                assert re.search(rf"^func {test}\(", source, re.M), f"{block}: there is no {test}"
            for path in re.findall(r"\b[\w/]+\.(?:txtar|py)\b", block.what):
                assert (ROOT / path).exists() or (ROOT / "cmd/gatehouse/testdata/script" / path).exists() or (ROOT / "e2e" / path).exists(), f"{block}: there is no {path}"


def test_blocks_are_of_their_language(tmp_path):
    """What the pages by task show can be read by what it is for, also where it needs Docker to be run."""
    read = {"python": ast.parse, "json": json.loads, "yaml": lambda text: list(yaml.safe_load_all(text))}
    programs = {"go": ["gofmt", "-l"], "javascript": ["node", "--check"]}
    seen = set()
    for name in [*RUN, "installing.md"]:
        for i, block in enumerate(pages.page(name)):
            seen.add(block.language)
            if block.language in read:
                read[block.language](block.text)
            if block.language in programs:
                file = tmp_path / f"{i}.{block.language.replace('javascript', 'mjs')}"
                file.write_text(block.text)
                done = subprocess.run([*programs[block.language], file], capture_output=True, text=True)
                assert done.returncode == 0 and not done.stdout, f"{block}: {done.stdout}{done.stderr}"
    assert {"python", "json", "yaml", "go", "javascript", "java", "hcl"} <= seen
