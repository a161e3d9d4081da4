"""What schemathesis is told about this API: loaded through schemathesis.toml."""

import schemathesis

from exceptions import Exceptions

EXCEPTIONS = Exceptions("schemathesis")


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Drops what exceptions.yaml excuses."""
    codes = []
    try:
        problem = response.json()
        codes = [fault["code"] for fault in problem.get("errors", [])] or [problem["code"]]
    except (ValueError, KeyError, AttributeError, TypeError):
        pass
    return not EXCEPTIONS.excuses(
        failure.code,
        f"{case.operation.method.upper()} {case.operation.path}",
        status=response.status_code,
        codes=codes,
        parameters=list(case.query or {}),
    )
