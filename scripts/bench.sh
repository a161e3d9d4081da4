#!/usr/bin/env bash
# The benchmarks, on SQLite and on a throw-away PostgreSQL that keeps its crash safety (fsync on),
# so that the numbers are those of a server whose data is safe. Arguments go to `cargo bench`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec env PG_FSYNC=on scripts/postgres.sh run cargo bench --locked "$@"
