"""Spectral (spectral:oas and OWASP) and Redocly (recommended-strict) on the API document: no error beside exceptions.yaml.

    lint.py DOCUMENT NODE_MODULES
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from exceptions import Exceptions


def pointer(path):
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def request_schemas(document):
    """Names of the schemas that requests refer to, directly or through others."""
    schemas = document["components"]["schemas"]
    found = set()

    def walk(node):
        if isinstance(node, dict):
            reference = node.get("$ref", "")
            name = reference.removeprefix("#/components/schemas/")
            if name != reference and name not in found:
                found.add(name)
                walk(schemas[name])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    for item in document["paths"].values():
        for operation in item.values():
            walk(operation.get("requestBody", {}))
            walk(operation.get("parameters", []))
    return found


def spectral(document, modules):
    """Errors as (rule, pointer, message)."""
    ruleset = modules / "ruleset.yaml"
    owasp = modules / "@stoplight/spectral-owasp-ruleset/dist/ruleset.js"
    ruleset.write_text(json.dumps({"extends": ["spectral:oas", str(owasp)]}), encoding="utf-8")
    command = [modules / ".bin/spectral", "lint", document, "--ruleset", ruleset, "--format", "json", "--quiet"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    # 0: nothing; 1: findings of severity error; anything else is a fault of the tool or its rule set.
    if run.returncode not in (0, 1):
        raise SystemExit(f"spectral: exit code {run.returncode}\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return [(f["code"], pointer(f["path"]), f["message"]) for f in json.loads(run.stdout) if f["severity"] == 0]


def redocly(document, modules):
    """Errors as (rule, pointer, message)."""
    command = [modules / ".bin/redocly", "lint", document, "--extends=recommended-strict", "--format=json", "--max-problems=10000"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        problems = json.loads(run.stdout)["problems"]
    except ValueError:
        raise SystemExit(f"redocly: exit code {run.returncode}\n{run.stdout[-2000:]}{run.stderr[-2000:]}") from None
    return [
        (problem["ruleId"], problem["location"][0].get("pointer", "").removeprefix("#"), problem["message"])
        for problem in problems
        if problem["severity"] == "error" and not problem.get("ignored")
    ]


def main():
    path, modules = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    document = json.loads(path.read_text(encoding="utf-8"))
    asked = request_schemas(document)
    failed = False
    for judge in (redocly, spectral):
        exceptions = Exceptions(judge.__name__)
        excused = Counter()
        faults = []
        for rule, where, message in judge(path, modules):
            name = where.split("/")[3] if where.startswith("/components/schemas/") else None
            if exceptions.excuses(rule, where, answers_only=name is not None and name not in asked):
                excused[rule] += 1
            else:
                faults.append(f"  {rule} at {where}: {message}")
        faults += [f"  {rule}: this exception excuses nothing any more" for rule in exceptions.idle()]
        print(f"{judge.__name__}: {len(faults)} errors; excused: {dict(excused)}")
        print("\n".join(faults[:50]))
        failed = failed or bool(faults)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
