#!/usr/bin/env bash
# All tests, cheapest first. Needs a Rust toolchain; what else it needs, it installs.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

# SQLite and the TLS provider are built from C.
if ! command -v cc >/dev/null; then
  step "install a C compiler"
  apt-get update -qq && apt-get install -y -qq gcc libc6-dev
fi

step "format"
cargo fmt --all --check

step "lints"
cargo clippy --locked --workspace --all-targets -- -D warnings

step "floors"
scripts/floors.sh

step "a release build refuses planted bugs"
if cargo check --locked -p kernel --release --features mutants >/dev/null 2>&1; then
  echo "a release build accepts the feature mutants" >&2
  exit 1
fi

step "tests"
cargo test --locked --workspace

step "simulation: the same seed twice"
cargo build --locked --profile sim -p sim --features mutants
target/sim/sim meta --seeds 20

step "simulation: 500 universes"
target/sim/sim run --seeds 500 --jobs 2 --algorithm both

step "simulation: planted bugs"
target/sim/sim mutants --jobs 2

step "release build"
cargo build --locked --release -p app --bins --examples
ls -l target/release/onedeal

step "demo with hostile faults over real HTTP"
target/release/onedeal demo

step "kill -9 of the real process"
target/release/examples/kill_loop --kills 20 --seed 7
