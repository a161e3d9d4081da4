"""Which records were deleted for a trial only."""

from urllib.parse import parse_qs, urlsplit

REHEARSES = "validate_only"


class Rehearsals:
    """Paths of records that a `DELETE` with `validate_only=true` left where they are."""

    def __init__(self):
        self.paths = set()

    def note(self, method, url, status):
        """Notes a request that was answered."""
        if method != "DELETE" or not 200 <= status < 300:
            return
        parts = urlsplit(url)
        if parse_qs(parts.query).get(REHEARSES) == ["true"]:
            self.paths.add(parts.path)
        else:
            self.paths.discard(parts.path)

    def have(self, url):
        """Whether the record of `url`, or what stands below it, was deleted for a trial and not in earnest since."""
        path = urlsplit(url).path
        return any(path == known or path.startswith(f"{known}/") for known in self.paths)
