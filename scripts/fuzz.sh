#!/usr/bin/env bash
# Fuzzes one target of tests/fuzz, or each in turn, led by coverage (libFuzzer, on stable Rust).
#   scripts/fuzz.sh [SECONDS [TARGET]]    (60 seconds each unless given)
# Inputs that reached new code stay under target/fuzz/corpus and are where the next run begins; what breaks a target is
# under target/fuzz/crashes. The first build takes minutes: every dependency is instrumented. Needs a C++ compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
targets=${2:-fuzz_cursor fuzz_query fuzz_key fuzz_folding merge_patch::fuzz_merge_patch}
home=$(realpath -m "${CARGO_TARGET_DIR:-target}")/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

# What cargo-bolero passes, which would build every other test as well.
export RUSTFLAGS="--cfg fuzzing --cfg fuzzing_libfuzzer -Cpasses=sancov-module -Ccodegen-units=1 -Cdebug-assertions \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
export CARGO_PROFILE_DEV_OPT_LEVEL=2 CARGO_TARGET_DIR=$home

# Cargo builds the service's own program beside a test. That is instrumented too, and has no libFuzzer to call; nobody runs it.
mkdir -p "$home"
printf '#!/bin/sh\nexec cc "$@" -Wl,--warn-unresolved-symbols\n' >"$home/linker"
chmod +x "$home/linker"
variable=CARGO_TARGET_$(printf '%s' "$host" | tr 'a-z-' 'A-Z_')_LINKER
export "$variable=$home/linker"

# With a target named, build scripts and macros are not instrumented.
cargo test --locked --target "$host" --test fuzz --no-run
program=$(cargo test --locked --target "$host" --test fuzz --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*fuzz-[^"]*\)".*/\1/p' | tail -n 1)

for target in $targets; do
    corpus=$home/corpus/${target##*::} crashes=$home/crashes/${target##*::}
    mkdir -p "$corpus" "$crashes"
    printf '\n==> %s, %d s\n' "$target" "$seconds"
    BOLERO_LIBTEST_HARNESS=1 BOLERO_TEST_NAME=$target \
        BOLERO_LIBFUZZER_ARGS="$corpus $crashes -artifact_prefix=$crashes/ -timeout=10 -max_total_time=$seconds" \
        "$program" "$target" --exact --nocapture --quiet --test-threads 1
done
