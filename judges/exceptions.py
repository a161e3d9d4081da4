"""Reads exceptions.yaml, the one list of what is not held against the API."""

import re
from pathlib import Path

import yaml

KEYS = {"judge", "rule", "where", "only", "status", "codes", "with", "after", "reason"}


class Exceptions:
    """The exceptions of one judge; remembers which of them were needed."""

    def __init__(self, judge, path=Path(__file__).with_name("exceptions.yaml")):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        for entry in entries:
            unknown = set(entry) - KEYS
            if unknown or not entry.get("reason", "").strip():
                raise SystemExit(f"{path.name}: {entry.get('rule')}: unknown keys {sorted(unknown)} or no reason")
        self.entries = [entry for entry in entries if entry["judge"] == judge]
        self.used = set()

    def excuses(self, rule, where, *, answers_only=False, status=None, codes=(), parameters=(), after=()):
        """Whether an exception covers this finding."""
        for index, entry in enumerate(self.entries):
            if (
                re.fullmatch(entry["rule"], rule)
                and re.search(entry.get("where", ""), where)
                and (entry.get("only") != "answers" or answers_only)
                and entry.get("status") in (None, status)
                and ("codes" not in entry or (codes and set(codes) <= set(entry["codes"])))
                and ("with" not in entry or entry["with"] in parameters)
                and ("after" not in entry or entry["after"] in after)
            ):
                self.used.add(index)
                return True
        return False

    def idle(self):
        """The rules of exceptions that excused nothing."""
        return [entry["rule"] for index, entry in enumerate(self.entries) if index not in self.used]
