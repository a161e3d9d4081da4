#!/usr/bin/env python3
"""Checks docker-compose.yml and Dockerfile without a Docker engine.

Reads both from the repository and prints one line for each thing checked;
exits 1 when any of them is not so. It says what the files declare, not that
the images build or start.
"""

import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
REQUIRED_PASSWORD = re.compile(r"^\$\{POSTGRES_PASSWORD:\?[^}]+\}$")
DURATION = re.compile(r"^(\d+(ms|s|m|h))+$")

failed = 0
passed = 0


def check(what, holds):
    global failed, passed
    if holds:
        passed += 1
    else:
        failed += 1
    print(f"{'ok  ' if holds else 'FAIL'} {what}")


class StrictLoader(yaml.SafeLoader):
    """Refuses a key given twice, as Compose does."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


def environment(service):
    env = service.get("environment") or {}
    if isinstance(env, list):
        env = dict(item.split("=", 1) if "=" in item else (item, "") for item in env)
    return {name: str(value) for name, value in env.items()}


def named_volume(service, path, volumes):
    """Whether the service has a volume, declared at the top level, at path."""
    for item in service.get("volumes") or []:
        if isinstance(item, dict):
            source, target = item.get("source"), item.get("target")
        else:
            source, target = (item.split(":") + [None])[:2]
        if target == path and source in volumes:
            return True
    return False


def healthcheck(service, words):
    """Whether the service is checked by a command that has these words."""
    check_ = service.get("healthcheck") or {}
    test = check_.get("test") or []
    command = test if isinstance(test, list) else ["CMD-SHELL", test]
    return (
        not check_.get("disable")
        and len(command) > 1
        and command[0] in ("CMD", "CMD-SHELL")
        and all(word in " ".join(command[1:]) for word in words)
        and all(DURATION.match(str(check_.get(key, ""))) for key in ("interval", "timeout"))
        and isinstance(check_.get("retries"), int)
    )


def hardened(name, service):
    check(f"{name}: no capability is kept", service.get("cap_drop") == ["ALL"] and not service.get("cap_add"))
    check(f"{name}: no new privileges", "no-new-privileges:true" in (service.get("security_opt") or []))
    check(
        f"{name}: nothing of the host is shared",
        not service.get("privileged")
        and not any(key in service for key in ("network_mode", "pid", "ipc", "devices"))
        and "docker.sock" not in json.dumps(service),
    )


def check_compose(text):
    compose = yaml.load(text, StrictLoader)
    services = compose.get("services") or {}
    volumes = compose.get("volumes") or {}
    check("the services are postgres and cungcau", set(services) == {"postgres", "cungcau"})
    postgres = services.get("postgres") or {}
    cungcau = services.get("cungcau") or {}

    image = re.match(r"^postgres:(\d+)([.-]|$)", str(postgres.get("image", "")))
    major = int(image.group(1)) if image else 0
    check(f"postgres: the image names its version, 15 or later (here {major or 'none'})", major >= 15)
    env = environment(postgres)
    check(
        "postgres: the password must be given, and has no default",
        bool(REQUIRED_PASSWORD.match(env.get("POSTGRES_PASSWORD", ""))),
    )
    check("postgres: no login without a password", env.get("POSTGRES_HOST_AUTH_METHOD") != "trust")
    # From 18 on the image keeps its data one folder up.
    data = "/var/lib/postgresql" if major >= 18 else "/var/lib/postgresql/data"
    check(f"postgres: a named volume holds {data}", named_volume(postgres, data, volumes))
    check("postgres: its health is asked with pg_isready", healthcheck(postgres, ["pg_isready"]))
    check("postgres: no port is published", not postgres.get("ports"))
    check("postgres: it does not run as root", str(postgres.get("user", "root")).split(":")[0] not in ("root", "0"))
    hardened("postgres", postgres)

    build = cungcau.get("build")
    context = build.get("context") if isinstance(build, dict) else build
    check("cungcau: it is built from this folder", context in (".", "./"))
    url = environment(cungcau).get("DATABASE_URL", "")
    parts = re.match(r"^postgres(?:ql)?://([^:]+):(\$\{[^}]+\})@([^:/]+):(\d+)/([^?]+)", url)
    check("cungcau: DATABASE_URL is a PostgreSQL URL", bool(parts))
    user, password, host, port, database = parts.groups() if parts else [""] * 5
    check("cungcau: DATABASE_URL has the password that must be given", bool(REQUIRED_PASSWORD.match(password)))
    check("cungcau: DATABASE_URL leads to the service postgres", (host, port) == ("postgres", "5432"))
    check(
        "cungcau: DATABASE_URL names postgres's user and database",
        bool(user) and user == env.get("POSTGRES_USER") and database == env.get("POSTGRES_DB"),
    )
    depends = cungcau.get("depends_on") or {}
    condition = (depends.get("postgres") or {}).get("condition") if isinstance(depends, dict) else None
    check("cungcau: it waits until postgres is healthy", condition == "service_healthy")
    check("cungcau: its health is asked with `cungcau healthcheck`", healthcheck(cungcau, ["cungcau", "healthcheck"]))
    ports = cungcau.get("ports") or []
    check(
        "cungcau: its port is published on the loopback address only",
        bool(ports) and all(str(item).startswith("127.0.0.1:") and str(item).endswith(":8080") for item in ports),
    )
    check("cungcau: a named volume holds /var/lib/cungcau", named_volume(cungcau, "/var/lib/cungcau", volumes))
    uid = str(cungcau.get("user", "")).split(":")[0]
    check("cungcau: it runs as a numbered user, not root", uid.isdigit() and int(uid) > 0)
    tmpfs = cungcau.get("tmpfs") or []
    check(
        "cungcau: its file system is read-only, but for /tmp",
        cungcau.get("read_only") is True and "/tmp" in [str(item).split(":")[0] for item in ([tmpfs] if isinstance(tmpfs, str) else tmpfs)],
    )
    hardened("cungcau", cungcau)
    return uid


def check_dockerfile(text, uid):
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    lines = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    steps = [(parts[0].upper(), parts[1] if len(parts) > 1 else "") for parts in lines]
    starts = [i for i, (name, _) in enumerate(steps) if name == "FROM"]
    check("Dockerfile: it builds in one stage and runs in another", len(starts) == 2)
    check("Dockerfile: every base image names its version", all(re.search(r":[\w.-]*[a-z0-9]", steps[i][1]) and ":latest" not in steps[i][1] for i in starts))
    builder = steps[starts[0] : starts[-1]] if starts else []
    final = steps[starts[-1] :] if starts else []
    check(
        "Dockerfile: it builds the locked release with pg-tls",
        any(name == "RUN" and all(word in rest for word in ("cargo build", "--release", "--locked", "--features pg-tls")) for name, rest in builder),
    )
    last = {name: rest for name, rest in final}
    user = last.get("USER", "").split(":")[0]
    check("Dockerfile: its user is the compose file's", user.isdigit() and int(user) > 0 and user == uid)
    check("Dockerfile: /var/lib/cungcau is a volume, and the user's own", last.get("VOLUME") == "/var/lib/cungcau" and any(name == "RUN" and f"-o {user}" in rest for name, rest in final))
    check("Dockerfile: port 8080", last.get("EXPOSE") == "8080")
    check("Dockerfile: a health check", "healthcheck" in last.get("HEALTHCHECK", ""))
    try:
        entry, command = json.loads(last.get("ENTRYPOINT", "")), json.loads(last.get("CMD", ""))
    except ValueError:
        entry, command = [], []
    check("Dockerfile: it starts `cungcau serve`, with no shell between", entry == ["cungcau"] and command[:1] == ["serve"])
    flags = dict(zip(command[1::2], command[2::2]))
    check(
        "Dockerfile: it serves on every address of the container, with its data in the volume",
        flags.get("--listen") == "0.0.0.0:8080" and flags.get("--data") == "/var/lib/cungcau",
    )


def main():
    try:
        uid = check_compose((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
        check_dockerfile((ROOT / "Dockerfile").read_text(encoding="utf-8"), uid)
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        print(f"check-compose.py: the files cannot be read as what they should be: {error}", file=sys.stderr)
        return 1
    print(f"{passed} checks passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
