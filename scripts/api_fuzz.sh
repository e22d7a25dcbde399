#!/usr/bin/env bash
# Lets schemathesis invent requests from the API's own document, against the real program between a simulated shop and a
# simulated portal: no answer may be a server error, and every answer has to be what the document says.
# SEED, EXAMPLES (per operation) and SECONDS_MAX may be set. Everything listens on loopback and ends with this script.
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.32.5
seed="${SEED:-1}"
examples="${EXAMPLES:-40}"
seconds="${SECONDS_MAX:-300}"

work="$(mktemp -d)"
pids=()
finish() {
  local pid
  # Only what was started here, by its id.
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT

root="$PWD"
cargo build -q -p app --bin onedeal --example peers
target="${CARGO_TARGET_DIR:-$root/target}/debug"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q "schemathesis==$version"

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
portal="$(free_port)"
shop="$(free_port)"
service="$(free_port)"
api="http://127.0.0.1:$service"
token="token-of-a-test-that-nobody-guesses"

"$target/examples/peers" "$portal" "$shop" "$api" 2>"$work/peers.txt" &
pids+=($!)
for _ in $(seq 50); do
  grep -q '^token' "$work/peers.txt" && break
  sleep 0.1
done
said() { sed -n "s|^$1 *||p" "$work/peers.txt"; }

env -i PATH="$PATH" \
  ONEDEAL_LISTEN="127.0.0.1:$service" \
  ONEDEAL_DATABASE="sqlite:$work/ledger.db" \
  ONEDEAL_BITRIX24_WEBHOOK_URL="$(said portal)" \
  ONEDEAL_SHOP="acme.myshopify.com" \
  ONEDEAL_SHOPIFY_CLIENT_ID="$(said client | sed 's/^id \([^,]*\),.*/\1/')" \
  ONEDEAL_SHOPIFY_CLIENT_SECRET="$(said client | sed 's/.*secret //')" \
  ONEDEAL_SHOPIFY_API_URL="http://127.0.0.1:$shop" \
  ONEDEAL_PUBLIC_URL="$api" \
  ONEDEAL_ADMIN_TOKEN="$token" \
  ONEDEAL_LOG=json RUST_LOG=warn \
  "$target/onedeal" serve 2>"$work/service.txt" &
pids+=($!)
serve=$!

ask() { curl -sf -H "Authorization: Bearer $token" "$api$1"; }
number() { python3 -c "import json, sys; print($1)"; }
for _ in $(seq 100); do
  curl -sf "$api/readyz" >/dev/null && break
  kill -0 "$serve" || { cat "$work/service.txt"; exit 1; }
  sleep 0.2
done

# A ledger with something in it: orders with deals, and one that rests.
ids=()
for _ in 1 2 3 4 5 6; do
  ids+=("$(curl -sf -X POST "http://127.0.0.1:$shop/orders" | number 'json.load(sys.stdin)["id"]')")
done
for _ in $(seq 120); do
  linked="$(ask /api/v1/overview | number '[it["orders"] for it in json.load(sys.stdin)["parts"] if it["part"] == "linked"][0]')"
  [[ "$linked" == "${#ids[@]}" ]] && break
  sleep 0.5
done
[[ "$linked" == "${#ids[@]}" ]] || { echo "the orders got no deals"; cat "$work/service.txt"; exit 1; }
curl -sf -X POST -H "Authorization: Bearer $token" -d '{"action":"park"}' \
  "$api/api/v1/orders/acme.myshopify.com/${ids[0]}/actions" >/dev/null

# Half of the paths name an order that is there.
cat >"$work/schemathesis.toml" <<TOML
[parameters]
"path.shop" = "acme.myshopify.com"
"path.id" = [$(IFS=,; echo "${ids[*]}"), 1]
TOML

# The stream of events never ends: it is asked once, by hand.
timeout 3 curl -sN -H "Authorization: Bearer $token" "$api/api/v1/events" >"$work/events.txt" || true
grep -q '^event: overview' "$work/events.txt" || { echo "no event came"; exit 1; }

# It keeps notes where it runs.
cd "$work"
"$work/venv/bin/st" --config-file "$work/schemathesis.toml" run "$api/api/openapi.json" \
  --header "Authorization: Bearer $token" \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
  --exclude-path /api/v1/events \
  --max-examples "$examples" --max-time "$seconds" --seed "$seed" \
  --request-timeout 30 --suppress-health-check all --warnings off

kill -0 "$serve" || { echo "the service stopped"; cat "$work/service.txt"; exit 1; }
if grep -q 'panicked\|"level":"ERROR"' "$work/service.txt"; then
  echo "the service had trouble of its own:"
  grep 'panicked\|"level":"ERROR"' "$work/service.txt" | head
  exit 1
fi
echo "no server error: $(ask /api/v1/overview | number 'json.load(sys.stdin)["orders"]') orders, seed $seed"
