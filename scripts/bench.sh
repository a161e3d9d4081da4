#!/usr/bin/env bash
# The benchmarks, on SQLite and on a throw-away PostgreSQL that keeps its crash safety (fsync on),
# so that the numbers are those of a server whose data is safe. Arguments go to `cargo bench`:
#
#   scripts/bench.sh                                  all of them
#   scripts/bench.sh --bench writes                   one
#   scripts/bench.sh --bench market -- engine sql     parts of the market's (see benches/README.md)
#
# BENCH_SIZES=M leaves out the register of a million products, which takes minutes to make the first time.
# As root it installs Debian's wrk with apt-get when there is none: the HTTP benchmark sends its requests with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

install_wrk() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "bench.sh: no wrk found: installing Debian's (apt-get install wrk)" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update >/dev/null </dev/null && apt-get -q install -y --no-install-recommends wrk >/dev/null </dev/null
}

# Only what runs all of the market, or its HTTP part, needs it.
case " $* " in
*" --bench writes "* | *" -- "*) case " $* " in *" http "*) needs_wrk=yes ;; *) needs_wrk=no ;; esac ;;
*) needs_wrk=yes ;;
esac
if [ "$needs_wrk" = yes ] && ! command -v wrk >/dev/null && ! install_wrk; then
    echo "bench.sh: the HTTP benchmark needs wrk, and it could not be installed: install it (Debian: apt-get install wrk), or leave that part out (see benches/README.md)" >&2
    exit 1
fi
exec env PG_FSYNC=on PG_BUFFERS=1GB scripts/postgres.sh run cargo bench --locked --features bench-floor "$@"
