#!/usr/bin/env bash
# Checks the floors of the house (ARCHITECTURE.md): which crate may see which.
set -euo pipefail
cd "$(dirname "$0")/.."
fail=0

# floor CRATE FORBIDDEN…: none of these stands anywhere below the crate.
floor() {
  local crate=$1
  shift
  local below
  below=$(cargo tree --locked -p "$crate" -e normal --prefix none --format '{p}' | awk '{print $1}' | sort -u)
  for name in "$@"; do
    if grep -qx "$name" <<<"$below"; then
      echo "floors: $crate must not see $name" >&2
      fail=1
    fi
  done
  echo "floors: $crate sees $(wc -l <<<"$below") crates, none of: $*"
}

floor kernel tokio http hyper axum reqwest rusqlite tracing rand rand_chacha bitrix24 shopify store service simulators
floor bitrix24 kernel shopify store service simulators rusqlite tokio axum reqwest
floor shopify kernel bitrix24 store service simulators rusqlite tokio axum reqwest
floor store bitrix24 shopify service simulators axum http hyper reqwest
floor service simulators clap sim app
floor simulators kernel bitrix24 shopify store service
floor app sim

# The kernel names no clock, no chance, no async, no I/O.
if grep -rnE 'Timestamp::now|Instant|SystemTime|async |\.await|std::(fs|net|io|process|thread|env)|HashMap|HashSet|rand::' crates/kernel/src; then
  echo "floors: the kernel names a clock, chance, async or I/O" >&2
  fail=1
fi
# Only one file reads the wall clock.
if grep -rn 'Timestamp::now' crates/*/src | grep -v '^crates/service/src/clock.rs:'; then
  echo "floors: the wall clock is read outside service/src/clock.rs" >&2
  fail=1
fi
exit "$fail"
