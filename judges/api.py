"""Schemathesis, all checks and all phases, as two callers of a seeded server.

    api.py URL FOLDER

FOLDER takes the configuration with this server's ids, and the logs. Keys come from the environment
(JUDGES_ADMIN, JUDGES_OFFICER, JUDGES_BUYER), so that no list of processes shows them.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from seed import Api, seed

HERE = Path(__file__).parent
# Members of bodies that refer to a record, and the collection it is in.
REFERENCES = {
    "producer_id": "producers", "buyer_id": "buyers", "holder_id": "producers", "checked_by_id": "agencies",
    "product_id": "products", "facility_id": "facilities", "event_id": "events", "organiser_id": "agencies",
    "registrar_id": "agencies", "successor_id": "organisations", "organisation_id": "organisations",
}  # fmt: skip
# Mostly ids that exist; the rest keeps trying others.
SHARE = 0.8


def configuration(document, ids):
    """The tables that bind ids to paths and bodies, as TOML."""
    lines = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in ids.items()]
    for path, item in document["paths"].items():
        collection = path.split("/")[2] if path.startswith("/v1/") else ""
        bound = {}
        if "{id}" in path and collection in ids:
            bound["path.id"] = collection
        if "{offer}" in path:
            bound["path.offer"] = "offers"
        if any("requestBody" in operation for operation in item.values()):
            within = "body.items[*]." if path.endswith("/batch") else "body."
            members = mentioned(document, item)
            bound |= {f"{within}{member}": REFERENCES[member] for member in members if member in REFERENCES}
        if bound:
            lines.append(f"[[operations]]\ninclude-path = {json.dumps(path)}\n[operations.parameters]")
            lines += [f"{json.dumps(key)} = {{ dictionary = {json.dumps(name)}, probability = {SHARE} }}" for key, name in bound.items()]
    return "\n".join(lines) + "\n"


def mentioned(document, item):
    """The members of an operation's body, or of the items of a batch."""
    for operation in item.values():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schema = resolve(document, content["schema"])
            if list(schema.get("properties", {})) == ["items"]:
                schema = resolve(document, schema["properties"]["items"]["items"])
            return list(schema.get("properties", {}))
    return []


def resolve(document, schema):
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    return document["components"]["schemas"][name] if name else schema


def judge(role, url, folder, config):
    began = time.monotonic()
    environment = os.environ | {"JUDGES_KEY": os.environ[f"JUDGES_{role.upper()}"], "PYTHONPATH": str(HERE)}
    command = [
        Path(sys.executable).with_name("schemathesis"), "--config-file", config, "run", f"{url}/openapi.json",
        "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--warnings", "off",
    ]  # fmt: skip
    with (folder / f"{role}.log").open("w+", encoding="utf-8") as log:
        code = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False).returncode
        log.seek(0)
        text = log.read()
    summary = text[text.find("= SUMMARY =") :]
    if code:
        failures = text.find("= FAILURES =")
        print("\n".join(line[:400] for line in text[failures if failures >= 0 else 0 :].splitlines()[:400]))
    wanted = ("generated", "Filtered", "unique", "Tested:")
    print(f"schemathesis as {role}: exit code {code} after {time.monotonic() - began:.0f} s")
    print("\n".join(f"  {line.strip()}" for line in summary.splitlines() if any(word in line for word in wanted)))
    return code


def main():
    url, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=30) as answer:
        document = json.load(answer)
    ids = seed(Api(url, os.environ["JUDGES_ADMIN"]), document)
    config = folder / "schemathesis.toml"
    base = (HERE / "schemathesis.toml").read_text(encoding="utf-8")
    config.write_text(base + configuration(document, ids), encoding="utf-8")
    codes = [judge(role, url, folder, config) for role in ("officer", "buyer")]
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
