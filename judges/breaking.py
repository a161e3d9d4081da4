"""Whether a document still keeps what a released one promised to its clients.

    breaking.py RELEASED CURRENT

A request that was valid must stay valid, and an answer must stay what a client of the released document can read.
Told are: operations, parameters and members of requests that are gone; parameters, bodies and members of requests
that became required; words of an enumeration, types and media types that are no longer taken; limits of requests that
became narrower; statuses of success, media types and members of answers that are gone, or not certain any more; types
of answers that became wider; a key that is needed where none was. New words in an enumeration of an answer are told as
well: a client that switches on them meets one that it doesn't know.
"""

import json
import sys
from pathlib import Path

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Limits by keyword, and whether the larger value is the wider one.
LIMITS = {
    "maximum": True, "maxLength": True, "maxItems": True, "maxProperties": True,
    "minimum": False, "minLength": False, "minItems": False, "minProperties": False,
}  # fmt: skip


class Comparison:
    """Two documents, and what of the first the second breaks."""

    def __init__(self, released, current):
        self.released, self.current = released, current
        self.faults = []
        # Pairs of schemas that were compared, so that recursive ones end.
        self.seen = set()

    def tell(self, where, what):
        fault = f"{where}: {what}"
        if fault not in self.faults:
            self.faults.append(fault)

    def run(self):
        for path, item in self.released["paths"].items():
            for method in METHODS:
                if method in item:
                    where = f"{method.upper()} {path}"
                    now = self.current["paths"].get(path, {}).get(method)
                    if now is None:
                        self.tell(where, "the operation is gone")
                    else:
                        self.operation(where, item[method], now)
        return self.faults

    def operation(self, where, old, new):
        if old.get("operationId") != new.get("operationId"):
            self.tell(where, f"operationId {old.get('operationId')} became {new.get('operationId')}: generated clients lose a function")
        anonymous = {} in old.get("security", [{}])
        if anonymous and {} not in new.get("security", [{}]):
            self.tell(where, "needs a key now")
        self.parameters(where, old.get("parameters", []), new.get("parameters", []))
        self.body(where, old.get("requestBody"), new.get("requestBody"))
        self.answers(where, old["responses"], new["responses"])

    def parameters(self, where, old, new):
        before = {(p["in"], p["name"]): p for p in old}
        now = {(p["in"], p["name"]): p for p in new}
        for key, parameter in now.items():
            place = f"{where} {key[0]} {key[1]}"
            if parameter.get("required") and not before.get(key, {}).get("required"):
                self.tell(place, "became required")
        for key, parameter in before.items():
            place = f"{where} {key[0]} {key[1]}"
            if key not in now:
                self.tell(place, "the parameter is gone")
            else:
                self.schema(place, parameter["schema"], now[key]["schema"], request=True)

    def body(self, where, old, new):
        if new and new.get("required") and not (old or {}).get("required"):
            self.tell(where, "a body became required")
        if not old:
            return
        for media, content in old["content"].items():
            now = (new or {"content": {}})["content"].get(media)
            if now is None:
                self.tell(f"{where} body", f"{media} is not taken any more")
            else:
                self.schema(f"{where} body", content["schema"], now["schema"], request=True)

    def answers(self, where, old, new):
        for status, answer in old.items():
            if not status.startswith(("2", "3")):
                continue
            place = f"{where} {status}"
            if status not in new:
                self.tell(place, "the answer is gone")
                continue
            for media, content in answer.get("content", {}).items():
                now = new[status].get("content", {}).get(media)
                if now is None:
                    self.tell(place, f"{media} is not answered any more")
                else:
                    self.schema(place, content["schema"], now["schema"], request=False)

    def schema(self, where, old, new, *, request):
        """Compares what `old` and `new` let through; in a request `new` may be wider, in an answer narrower."""
        pair = (json.dumps(old, sort_keys=True), json.dumps(new, sort_keys=True), request)
        if pair in self.seen and "$ref" in old:
            return
        self.seen.add(pair)
        old, new = self.merged(self.released, old), self.merged(self.current, new)
        self.types(where, old, new, request)
        self.words(where, old, new, request)
        self.members(where, old, new, request)
        if "items" in old and "items" in new:
            self.schema(f"{where}[]", old["items"], new["items"], request=request)
        if request:
            self.limits(where, old, new)
        self.choices(where, old, new, request)

    def merged(self, document, schema):
        """`schema` with its reference followed, its parts of `allOf` put together, and `oneOf` with null made nullable."""
        while "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        parts = [self.merged(document, part) for part in schema.get("allOf", [])]
        result = {key: value for key, value in schema.items() if key != "allOf"}
        for part in parts:
            properties = part.get("properties", {}) | result.get("properties", {})
            required = sorted({*part.get("required", []), *result.get("required", [])})
            result = part | result
            if properties:
                result |= {"properties": properties, "required": required}
        for word in ("oneOf", "anyOf"):
            choices = result.get(word)
            if choices and {"type": "null"} in choices and len(choices) == 2:
                other = next(choice for choice in choices if choice != {"type": "null"})
                other = self.merged(document, other)
                types = other.get("type", [])
                types = types if isinstance(types, list) else [types]
                result = {key: value for key, value in result.items() if key != word} | other
                result["type"] = [*types, "null"] if types else []
                if "enum" in result:
                    result["enum"] = [*result["enum"], None]
        return result

    def types(self, where, old, new, request):
        before, now = kinds(old), kinds(new)
        if not before and not now:
            return
        narrow, wide = (before, now) if request else (now, before)
        # Where one side says nothing, everything is let through there.
        lost = (narrow - wide if wide else set()) if narrow else ({"anything"} if wide else set())
        if "integer" in lost and "number" in wide:
            lost = lost - {"integer"}
        if lost:
            verb = "is not taken any more" if request else "may be answered now"
            self.tell(where, f"{', '.join(sorted(lost))} {verb}")
        if old.get("format") != new.get("format") and not ({old.get("format"), new.get("format")} <= {"int32", "int64"}):
            self.tell(where, f"format {old.get('format')} became {new.get('format')}")

    def words(self, where, old, new, request):
        before, now = old.get("enum"), new.get("enum")
        narrow, wide = (before, now) if request else (now, before)
        if wide is None:
            return
        if narrow is None:
            self.tell(where, "only some words are taken now" if request else "any word may be answered now")
            return
        lost = [word for word in narrow if word not in wide]
        if lost:
            self.tell(where, f"{lost} {'not taken any more' if request else 'may be answered now'}")

    def members(self, where, old, new, request):
        before, now = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            place = f"{where}.{name}"
            if name in now:
                self.schema(place, schema, now[name], request=request)
            elif not request or new.get("additionalProperties") is False:
                self.tell(place, "the member is gone")
        required, was = set(new.get("required", [])), set(old.get("required", []))
        if request:
            for name in sorted(required - was):
                self.tell(f"{where}.{name}", "became required")
        else:
            for name in sorted((was - required) & set(now)):
                self.tell(f"{where}.{name}", "is not certain any more")

    def limits(self, where, old, new):
        for word, larger_is_wider in LIMITS.items():
            if word not in new:
                continue
            narrower = word not in old or (new[word] < old[word] if larger_is_wider else new[word] > old[word])
            if narrower and not (word.startswith("min") and word != "minimum" and new[word] == 0):
                self.tell(where, f"{word} {old.get(word)} became {new[word]}")
        if "pattern" in new and new["pattern"] != old.get("pattern"):
            self.tell(where, f"the pattern became {new['pattern']}")

    def choices(self, where, old, new, request):
        """Alternatives are compared one by one, in their order: who reorders them says so by a failing check."""
        for word in ("oneOf", "anyOf"):
            before, now = old.get(word, []), new.get(word, [])
            fewer, more = (now, before) if request else (before, now)
            if len(more) > len(fewer):
                self.tell(where, f"{word} has {'fewer' if request else 'more'} alternatives")
            for index, (one, other) in enumerate(zip(before, now)):
                self.schema(f"{where}({index})", one, other, request=request)


def kinds(schema):
    found = schema.get("type", [])
    return set(found if isinstance(found, list) else [found])


def main():
    released, current = (json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:3])
    faults = Comparison(released, current).run()
    print(f"breaking: {len(faults)} promises of the released document broken")
    print("\n".join(f"  {fault}" for fault in faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
