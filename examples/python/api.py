"""Where the server is, and how its answers are taken: shared by the examples.

CUNGCAU_URL is the server, CUNGCAU_KEY a key for it. The client is generated from the API document:

    openapi-python-client generate --path openapi/openapi.json --output-path cungcau_client --meta none
"""

import os

from cungcau_client import AuthenticatedClient
from cungcau_client.models import Problem


def connect():
    return AuthenticatedClient(base_url=os.environ["CUNGCAU_URL"], token=os.environ["CUNGCAU_KEY"], timeout=30.0)


def taken(response):
    """The body of an answer; a problem ends the program with every fault that it names."""
    body = response.parsed
    if isinstance(body, Problem) or response.status_code >= 400:
        faults = [f"{fault.pointer}: {fault.detail}" for fault in (getattr(body, "errors", None) or [])]
        raise SystemExit("\n".join([f"{response.status_code} {getattr(body, 'detail', '')}", *faults]))
    return body
