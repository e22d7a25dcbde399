#!/usr/bin/env bash
# Answers the questions of `onedeal init` on a terminal, as a person would, against simulated peers, up to the first deal;
# shows the screens. Needs tmux; the test suite does the same on a pseudo terminal of its own (tests/commands/asking.rs).
set -euo pipefail
cd "$(dirname "$0")/.."

command -v tmux >/dev/null || { echo "tmux is missing: install it, or run the tests" >&2; exit 2; }
cargo build --locked -q -p app --bin onedeal --example peers
built=${CARGO_TARGET_DIR:-target}/debug
built=$(cd "$built" && pwd)
folder=$(mktemp -d)
tmux="tmux -f /dev/null -L onedeal-init-$$"
PEERS=fresh "$built/examples/peers" 8190 8191 http://127.0.0.1:8180 2>"$folder/peers.log" &
peers=$!
trap 'kill $peers; $tmux kill-server 2>/dev/null || true; rm -rf "$folder"' EXIT

screen() { $tmux capture-pane -p -J -S - -t onedeal; }
# sees TEXT: waits until the screen shows it below what was there at the last answer.
seen=""
sees() {
  for _ in $(seq 1 200); do
    local now
    now=$(screen)
    if grep -qF -- "$1" <<<"${now#"$seen"}"; then
      return
    fi
    sleep 0.1
  done
  screen
  echo "never showed: $1" >&2
  exit 1
}
# answer QUESTION TEXT
answer() {
  sees "$1"
  seen=$(screen)
  $tmux send-keys -t onedeal -l -- "$2"
  $tmux send-keys -t onedeal Enter
}

$tmux new-session -d -x 110 -y 200 -s onedeal "cd '$folder' && exec env PATH='$built':\$PATH PS1='$ ' bash --norc"
sees '$ '
answer '$ ' 'ONEDEAL_SHOPIFY_API_URL=http://127.0.0.1:8191 onedeal init'
answer 'Webhook URL' 'http://127.0.0.1:8190/rest/1/webhookcode/'
answer 'Shop (its' 'acme'
answer 'Number or name' '1'
answer 'Client id' 'demo-client-id'
answer 'Client secret' 'hush-hush-secret'
answer 'Public URL' 'https://sync.example.com'
answer 'listens on' '127.0.0.1:8180'
answer 'Make a token' ''
answer 'Number or name' 'shop' # funnel
answer 'Number or name' ''     # new
answer 'Number or name' ''     # lost
answer 'Number or name' 'erika'
answer 'Number or name' ''     # order field
answer 'Make the missing fields' ''
answer 'Write onedeal.toml' ''
answer 'Webhooks' 'onedeal check'
answer '0 problems' 'onedeal serve'
sees 'APP_UNINSTALLED is made'
curl -s -X POST http://127.0.0.1:8191/orders >"$folder/order.json"
for _ in $(seq 1 200); do
  curl -s http://127.0.0.1:8190/deals >"$folder/deals.json"
  grep -q '"rows":\["' "$folder/deals.json" && break
  sleep 0.1
done
screen
echo "--- the order"
cat "$folder/order.json"
printf '\n--- the portal\n'
cat "$folder/deals.json"
echo
grep -o '"origin":' "$folder/deals.json" | grep -c . | grep -qx 1 || { echo "not exactly one deal" >&2; exit 1; }
