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

# The documentation's examples of log queries are tried out.
if ! command -v jq >/dev/null; then
  step "install jq"
  apt-get update -qq && apt-get install -y -qq jq
fi

# The dashboard is tested in a real browser.
if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
  step "install a browser"
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver
fi

# It finds what keeps people out of a page.
axe=axe-core-4.14.1
if [[ ! -f target/axe-core/$axe.tgz ]]; then
  step "fetch axe-core"
  command -v npm >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends npm; }
  mkdir -p target/axe-core
  npm pack --silent --pack-destination target/axe-core "${axe/core-/core@}"
  tar -xzf "target/axe-core/$axe.tgz" -C target/axe-core
fi

step "format"
cargo fmt --all --check

step "lints"
cargo clippy --locked --workspace --all-targets --features app/otel -- -D warnings

step "floors"
scripts/floors.sh

step "a release build refuses planted bugs"
if cargo check --locked -p kernel --release --features mutants >/dev/null 2>&1; then
  echo "a release build accepts the feature mutants" >&2
  exit 1
fi

step "tests"
cargo test --locked --workspace --features app/otel

# One build for all that follows: optimised, with debug assertions, and with bugs that only the simulation plants.
step "build"
cargo build --locked --profile sim -p sim -p app --bins --examples --features sim/mutants

step "simulation: the same seed twice"
target/sim/sim meta --seeds 20

step "simulation: 500 universes"
target/sim/sim run --seeds 500 --jobs 2 --algorithm both

step "simulation: planted bugs"
target/sim/sim mutants --jobs 2

step "demo with hostile faults over real HTTP"
target/sim/onedeal demo

step "kill -9 of the real process"
target/sim/examples/kill_loop --binary target/sim/onedeal --kills 20 --seed 7
