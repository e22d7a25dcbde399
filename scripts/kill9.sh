#!/usr/bin/env bash
# Builds the release program and kills it again and again while it works; ends with a verdict.
# Arguments go to the loop: --kills 200 --seed 1 --faults none|normal|hostile --max-minutes 15
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release -p app --bin onedeal --example kill_loop
target="${CARGO_TARGET_DIR:-target}/release"

# The loop ends every process that it started, and only those.
exec "$target/examples/kill_loop" --binary "$target/onedeal" "$@"
