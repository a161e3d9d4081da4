"""What schemathesis is told about this API: loaded through schemathesis.toml."""

import itertools

import requests
import schemathesis

from exceptions import Exceptions
from rehearsals import REHEARSES, Rehearsals

EXCEPTIONS = Exceptions("schemathesis")
ADDRESSES = itertools.count()
REHEARSALS = Rehearsals()

SEND = requests.Session.send


def send_from_elsewhere(session, request, **options):
    """Sends each request from an address of its own.

    One that sends wrong keys is soon refused with 429, and schemathesis sends a wrong key to every operation. The
    server of the judges trusts its own machine as a proxy, so it takes the address from the header. Not a hook of
    schemathesis: its checks would judge by the header as well.
    """
    number = next(ADDRESSES)
    request.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    response = SEND(session, request, **options)
    REHEARSALS.note(request.method, request.url, response.status_code)
    return response


requests.Session.send = send_from_elsewhere


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Drops what exceptions.yaml excuses."""
    status, codes = response.status_code, []
    try:
        answer = response.json()
        status, codes = refused_batch(answer) or (status, codes_of(answer))
    except (ValueError, KeyError, AttributeError, TypeError):
        pass
    return not EXCEPTIONS.excuses(
        failure.code,
        f"{case.operation.method.upper()} {case.operation.path}",
        status=status,
        codes=codes,
        parameters=list(case.query or {}),
        after=[REHEARSES] if REHEARSALS.have(response.request.url) else [],
    )


def codes_of(problem):
    """The codes of a problem's faults, or its own."""
    return [fault["code"] for fault in problem.get("errors", [])] or [problem["code"]]


def refused_batch(answer):
    """Status and codes of a batch of which every item was refused with the same status; nothing of any other answer."""
    problems = [result.get("problem") for result in answer.get("results", [])]
    if not problems or None in problems or len({problem["status"] for problem in problems}) != 1:
        return None
    return problems[0]["status"], [code for problem in problems for code in codes_of(problem)]
