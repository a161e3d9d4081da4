"""Generates the Python and TypeScript clients afresh, and runs the examples with them on a seeded server.

    clients.py DOCUMENT URL FOLDER NODE_MODULES

Keys come from the environment (JUDGES_OFFICER for who writes, JUDGES_BUYER for who searches).
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent.resolve()
EXAMPLES = HERE.parent / "examples"
# Each example, and whose key it has.
PROGRAMS = {"register_event": "JUDGES_OFFICER", "page_search": "JUDGES_BUYER", "follow_mou": "JUDGES_OFFICER"}


def run(*command, **options):
    done = subprocess.run(command, check=False, capture_output=True, text=True, **options)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def environment(url, key, **more):
    return os.environ | {"CUNGCAU_URL": url, "CUNGCAU_KEY": os.environ[key], **more}


def python(document, url, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    client = folder / "cungcau_client"
    generator = Path(sys.executable).with_name("openapi-python-client")
    config = HERE / "openapi-python-client.yaml"
    said = run(generator, "generate", "--path", document, "--output-path", client, "--meta", "none", "--config", config)
    if "arning" in said:
        raise SystemExit(f"openapi-python-client leaves something out:\n{said}")
    for program, key in PROGRAMS.items():
        text = run(sys.executable, EXAMPLES / f"python/{program}.py", env=environment(url, key, PYTHONPATH=str(folder)))
        print(f"  python {program}: {text.strip()}")
    tolerates(url, folder)


def tolerates(url, folder):
    """A member that a later release adds to an answer does not break a client of today."""
    sys.path.insert(0, str(folder))
    from cungcau_client.models import ProductSearchPage  # noqa: PLC0415 generated a moment ago

    with urllib.request.urlopen(f"{url}/v1/products?stars=4&q=h%C3%A0nh&as_of=2020-10-27", timeout=30) as answer:
        page = json.load(answer)
    page["added_later"] = 1
    page["items"][0]["added_later"] = {"by": "a later release"}
    read = ProductSearchPage.from_dict(page)
    assert read.items[0].name == page["items"][0]["name"], read
    print("  python: members of a later release do no harm")


def typescript(document, url, folder, modules):
    # Beside the modules, where Node.js looks for them.
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(EXAMPLES / "typescript", folder)
    run(modules / ".bin/openapi-typescript", document, "-o", folder / "schema.ts")
    run(modules / ".bin/tsc", "-p", folder)
    for program, key in PROGRAMS.items():
        text = run("node", folder / f"{program}.ts", env=environment(url, key))
        print(f"  typescript {program}: {text.strip()}")


def main():
    document, url, folder, modules = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    print("clients, generated and used:")
    python(document, url, folder / "python")
    typescript(document, url, modules.parent / "examples", modules)


if __name__ == "__main__":
    main()
