#!/usr/bin/env bash
# The service under abuse: three times the load it can answer, slow clients, and what its limits cost. Fails where a
# promise is not kept, and writes benches/RESULTS-ABUSE.md. Parts by name (see benches/README.md):
#
#   scripts/abuse.sh                  all of it, some eight minutes
#   scripts/abuse.sh overload cost    two parts
#
# It wants two cores to itself: the server gets one, with a throw-away PostgreSQL, and the load the other. As root it
# installs Debian's slowhttptest and PostgreSQL with apt-get where there are none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

install_slowhttptest() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "abuse.sh: no slowhttptest found: installing Debian's (apt-get install slowhttptest)" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update >/dev/null </dev/null && apt-get -q install -y --no-install-recommends slowhttptest >/dev/null </dev/null
}

case " ${*:-slow} " in
*" slow "*)
    if ! command -v slowhttptest >/dev/null && ! install_slowhttptest; then
        echo "abuse.sh: slow clients need slowhttptest, and it could not be installed: install it (Debian: apt-get install slowhttptest), or name the other parts" >&2
        exit 1
    fi
    ;;
esac
# Connections of both sides, and some.
ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
exec env PG_FSYNC=on PG_BUFFERS=1GB scripts/postgres.sh run cargo bench --locked --bench abuse -- "$@"
