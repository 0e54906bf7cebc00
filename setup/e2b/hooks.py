"""Has every other request name a sandbox that exists, so that more than refusals is tested."""

import itertools
import json
import os
import urllib.error
import urllib.request

import schemathesis

turn = itertools.count()


def control(method, path, body=None):
    """Makes a request of the control plane; returns nothing if it is refused."""
    request = urllib.request.Request(os.environ["E2B_API_URL"] + path, method=method, data=body and json.dumps(body).encode())
    request.add_header("X-API-KEY", os.environ["E2B_API_KEY"])
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError:
        return None


def sandbox():
    """Returns the id of a sandbox that exists, or of one that is made."""
    found = control("GET", "/v2/sandboxes?limit=1") or [control("POST", "/sandboxes", {"templateID": "base", "timeout": 600})]
    return found[0] and found[0]["sandboxID"]


@schemathesis.hook
def before_call(context, case, kwargs):
    if next(turn) % 2:
        return
    if "sandboxID" in (case.path_parameters or {}):
        case.path_parameters["sandboxID"] = sandbox() or case.path_parameters["sandboxID"]
    if isinstance(case.body, dict) and "templateID" in case.body:
        case.body["templateID"] = "base"
