#!/usr/bin/env bash
# Every test, in three steps; stops at the first that fails, and skips none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The tests' databases stand in memory where there is room: what they wait for on a disk is its flushes alone.
if [ -w /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt 2000000 ]; then
    TMPDIR=$(mktemp -d /dev/shm/cungcau-test.XXXXXX)
    export TMPDIR
    chmod 755 "$TMPDIR"
    trap 'rm -rf "$TMPDIR"' EXIT
fi

times=()
step() { # step NAME CMD ARGS...
    local name=$1 began=$SECONDS
    shift
    printf '\n==> %s\n' "$name"
    "$@"
    times+=("$(printf '%5d s  %s' $((SECONDS - began)) "$name")")
}

# The compose file is read with PyYAML: python3's own, else one in a venv under target/.
check_compose() {
    local python=python3 venv=target/venv
    command -v python3 >/dev/null || {
        echo "test.sh: docker-compose.yml cannot be checked: there is no python3 (Debian: apt-get install python3 python3-yaml)" >&2
        return 1
    }
    if ! python3 -c 'import yaml' 2>/dev/null; then
        python=$venv/bin/python
        if ! "$python" -c 'import yaml' 2>/dev/null; then
            if ! { python3 -m venv "$venv" && "$python" -m pip install --quiet 'pyyaml==6.0.2'; }; then
                echo "test.sh: docker-compose.yml cannot be checked: python3 has no PyYAML, and $venv could not be made with it (Debian: apt-get install python3-yaml)" >&2
                return 1
            fi
        fi
    fi
    "$python" scripts/check-compose.py
}

step "unit tests, and the API suite on SQLite" env -u TEST_DATABASE_URL cargo test --locked
step "the API suite on PostgreSQL" env PG_FSYNC=off scripts/postgres.sh run cargo test --locked --test api
step "docker-compose.yml and Dockerfile" check_compose

printf '\nAll test steps passed:\n'
printf '%s\n' "${times[@]}"
printf '%5d s  in all\n' "$SECONDS"
