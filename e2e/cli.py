"""Runs aws commands, each in a fork of this process: the CLI is loaded once instead of for each.

A line of standard input is the list of a command's arguments, in JSON; the line of standard output that follows has its exit code and
what it printed.
"""

import contextlib
import io
import json
import os
import sys

from awscli.clidriver import create_clidriver


def run(driver, arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = driver.main(arguments)
        except SystemExit as stop:
            code = stop.code
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


driver = create_clidriver()
# What every command loads.
driver.session.create_client("apigateway")
loader = driver.session.get_component("data_loader")
for kind in ("service-2", "paginators-1", "waiters-2"):
    loader.list_available_services(kind)
loader.load_service_model("apigateway", "paginators-1")
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        print(json.dumps(run(driver, json.loads(line))), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
