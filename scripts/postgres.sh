#!/usr/bin/env bash
# A throw-away PostgreSQL cluster for tests and benchmarks.
#
#   scripts/postgres.sh run CMD ARGS...   start a new cluster, run CMD, remove the cluster;
#                                         the exit code is CMD's
#   scripts/postgres.sh stop [MODE]       inside CMD: stop the cluster (fast, immediate or smart)
#   scripts/postgres.sh start             inside CMD: start it again, on the same port
#
# CMD gets TEST_DATABASE_URL, and PG_DATA, PG_BIN and PG_RUN_AS, which stop and start read.
# PG_FSYNC=off gives up the cluster's crash safety for speed: right for tests, wrong for benchmarks.
# PG_BUFFERS is its shared memory, 256MB unless given.
# As root it installs PostgreSQL with apt-get when there is none, and runs it as another user.
set -euo pipefail

say() { printf 'postgres.sh: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

# as_owner CMD...: runs CMD as the cluster's user, who owns the folder it runs in.
as_owner() {
    if [ -n "${PG_RUN_AS:-}" ]; then
        runuser -u "$PG_RUN_AS" -- "$@"
    else
        "$@"
    fi
}

# A server is needed, not only the client: both programs must be there.
has_server() { [ -n "$1" ] && [ -x "$1/initdb" ] && [ -x "$1/postgres" ] && [ -x "$1/pg_ctl" ]; }

# Prints the folder of the server's programs.
find_bin() {
    local dir
    dir=$(pg_config --bindir 2>/dev/null || true)
    if has_server "$dir"; then
        printf '%s\n' "$dir"
        return
    fi
    while read -r dir; do
        if has_server "$dir"; then
            printf '%s\n' "$dir"
            return
        fi
    done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV)
    dir=$(command -v initdb || true)
    dir=$(dirname "$(readlink -f "${dir:-/nowhere/initdb}")")
    has_server "$dir" && printf '%s\n' "$dir"
}

# Installs Debian's server, without the cluster that its package would create and start.
install_server() {
    local conf=/etc/postgresql-common/createcluster.conf log saved ok=yes
    log=$(mktemp)
    saved=$(mktemp)
    say "no PostgreSQL server found: installing Debian's (apt-get install postgresql)"
    export DEBIAN_FRONTEND=noninteractive
    {
        apt-get -q update &&
            apt-get -q install -y --no-install-recommends postgresql-common &&
            cp -p "$conf" "$saved" &&
            sed -i -E '/^[#[:space:]]*create_main_cluster\b/d' "$conf" &&
            echo 'create_main_cluster = false' >>"$conf" &&
            apt-get -q install -y --no-install-recommends postgresql
    } >"$log" 2>&1 </dev/null || ok=no
    if [ -s "$saved" ]; then cp -p "$saved" "$conf"; fi
    if [ "$ok" = no ]; then tail -n 20 "$log" >&2; fi
    rm -f "$log" "$saved"
    [ "$ok" = yes ]
}

# Prints a port of 127.0.0.1 that the kernel lets a program bind now. Not one of the kernel's
# ephemeral ports: while a test has the cluster stopped, a client's own end of a connection
# could be given that port, and the cluster could not come back.
free_port() {
    local top=32768 port try low
    if read -r low _ </proc/sys/net/ipv4/ip_local_port_range 2>/dev/null && [ "$low" -gt 12000 ]; then
        top=$low
    fi
    for try in {1..50}; do
        port=$((10000 + (RANDOM * 32768 + RANDOM) % (top - 10000)))
        if command -v perl >/dev/null; then
            # shellcheck disable=SC2016 # a Perl program
            perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0) or exit 1;
                exit !bind($s, sockaddr_in($ARGV[0], INADDR_LOOPBACK))' "$port" || continue
        elif command -v python3 >/dev/null; then
            python3 -c 'import socket, sys; socket.socket().bind(("127.0.0.1", int(sys.argv[1])))' \
                "$port" 2>/dev/null || continue
        fi # with neither, PostgreSQL's own attempt decides, and a clash is tried again
        printf '%s\n' "$port"
        return
    done
    die "no free port found on 127.0.0.1 in 50 attempts"
}

# Reads PG_DATA, PG_BIN and PG_RUN_AS.
start_cluster() { (cd "$PG_DATA/.." && as_owner "$PG_BIN/pg_ctl" -D "$PG_DATA" -l "$PG_DATA/../log" -w -t 60 -s start); }
stop_cluster() { (cd "$PG_DATA/.." && as_owner "$PG_BIN/pg_ctl" -D "$PG_DATA" -w -t 60 -m "${1:-fast}" -s stop); }
is_running() { (cd "$PG_DATA/.." && as_owner "$PG_BIN/pg_ctl" -D "$PG_DATA" status >/dev/null 2>&1); }

root=
child=
# shellcheck disable=SC2317 # called by the traps
remove_cluster() {
    local code=$?
    trap '' INT TERM HUP
    if [ -n "$root" ]; then
        if [ -d "$root/data" ] && is_running; then
            # Nothing of it is kept: there is nothing to wait for.
            stop_cluster immediate || say "could not stop the cluster in $root"
        fi
        cd / && rm -rf "$root"
    fi
    exit "$code"
}
# shellcheck disable=SC2317 # called by the traps
on_signal() {
    if [ -n "$child" ] && kill -s "$1" "$child" 2>/dev/null; then
        wait "$child" 2>/dev/null || true
    fi
    exit "$2"
}

run() {
    [ $# -gt 0 ] || die "usage: scripts/postgres.sh run CMD ARGS..."
    # The caller's own settings of PostgreSQL's client do not reach the cluster or CMD.
    unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGDATA PGOPTIONS PGSERVICE PGSSLMODE

    if ! PG_BIN=$(find_bin); then
        if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
            die "no PostgreSQL server (initdb, postgres, pg_ctl) found: install one (Debian: apt-get install postgresql) or put its programs on PATH"
        fi
        install_server ||
            die "no PostgreSQL server found, and apt-get could not install one (its last lines are above): install the package postgresql by hand"
        PG_BIN=$(find_bin) ||
            die "the package postgresql is installed, but initdb, postgres and pg_ctl are not where they are looked for (pg_config --bindir, /usr/lib/postgresql/*/bin, PATH)"
    fi

    PG_RUN_AS=
    if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
        command -v runuser >/dev/null ||
            die "run as root without runuser: install util-linux, or run as an ordinary user"
        if id postgres >/dev/null 2>&1; then PG_RUN_AS=postgres; else PG_RUN_AS=nobody; fi
    fi

    trap remove_cluster EXIT
    trap 'on_signal INT 130' INT
    trap 'on_signal TERM 143' TERM
    trap 'on_signal HUP 129' HUP
    # In /tmp whatever TMPDIR says: a socket's path is short, and the owner must reach it.
    root=$(mktemp -d /tmp/cungcau-pg.XXXXXX)
    chmod 700 "$root"
    if [ -n "$PG_RUN_AS" ]; then chown "$PG_RUN_AS" "$root"; fi
    PG_DATA=$root/data

    local locale=C
    if locale -a 2>/dev/null | grep -ixE 'C\.utf-?8' >/dev/null; then locale=C.UTF-8; fi
    (cd "$root" && as_owner "$PG_BIN/initdb" -D "$PG_DATA" -U postgres -A trust -E UTF8 \
        --locale="$locale" --no-sync >"$root/initdb.log" 2>&1) || {
        cat "$root/initdb.log" >&2
        die "initdb failed: its output is above"
    }
    cat >>"$PG_DATA/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$root'
max_connections = 300
shared_buffers = ${PG_BUFFERS:-256MB}
include_if_exists = 'port.conf'
CONF
    case ${PG_FSYNC:-on} in
    on) ;;
    off) printf '%s\n' 'fsync = off' 'synchronous_commit = off' 'full_page_writes = off' >>"$PG_DATA/postgresql.conf" ;;
    *) die "PG_FSYNC is on or off, not '$PG_FSYNC'" ;;
    esac

    local port try
    for try in {1..5}; do
        port=$(free_port)
        echo "port = $port" >"$PG_DATA/port.conf"
        if [ -n "$PG_RUN_AS" ]; then chown "$PG_RUN_AS" "$PG_DATA/port.conf"; fi
        if start_cluster 2>/dev/null; then break; fi
        if [ "$try" = 5 ] || ! grep -q 'could not bind' "$root/log"; then
            tail -n 20 "$root/log" >&2 || true
            die "PostgreSQL did not start: the end of its log is above"
        fi
        rm -f "$root/log"
    done

    export PG_DATA PG_BIN PG_RUN_AS
    export TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
    say "$("$PG_BIN/postgres" --version), fsync ${PG_FSYNC:-on}, $TEST_DATABASE_URL"

    # In the background, so that a signal to this script is acted on at once. The shell makes
    # background commands ignore INT; CMD does not.
    local code=0
    (
        trap - INT QUIT TERM HUP EXIT
        exec "$@"
    ) <&0 &
    child=$!
    wait "$child" || code=$?
    child=
    exit "$code"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
run) run "$@" ;;
start | stop)
    if [ ! -d "${PG_DATA:-}" ] || ! has_server "${PG_BIN:-}"; then
        die "PG_DATA and PG_BIN name no cluster: '$command' works only inside scripts/postgres.sh run"
    fi
    if [ "$command" = start ]; then start_cluster; else stop_cluster "${1:-fast}"; fi
    ;;
*) die "usage: scripts/postgres.sh run CMD ARGS... | stop [fast|immediate|smart] | start" ;;
esac
