#!/usr/bin/env bash
# Reads /metrics of a running service with the parser of Prometheus' own Python client, which is strict, and checks the rules
# with promtool where it is installed. Starts simulated peers and a service on this machine and stops them again.
set -euo pipefail
cd "$(dirname "$0")/.."

# The client whose parser is asked. Exact, so that the same page is judged the same way each time.
client="prometheus-client==0.22.1"
portal=18090 shop=18091 service=18092
onedeal="${ONEDEAL:-target/debug/onedeal}"
peers="${PEERS_BIN:-target/debug/examples/peers}"

folder="$(mktemp -d)"
started=()
stop() {
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  for process in "${started[@]}"; do wait "$process" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap stop EXIT

step() { printf '== %s\n' "$*"; }

if [[ ! -x "$onedeal" || ! -x "$peers" ]]; then
  step "build"
  cargo build --locked -p app --bins --example peers
fi

step "a parser of its own"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$client"

step "a portal, a shop, a service"
"$peers" "$portal" "$shop" "http://127.0.0.1:$service" 2>"$folder/peers.log" &
started+=($!)
until grep -q '^client' "$folder/peers.log"; do sleep 0.1; done
secret="$(sed -n 's/^client .*secret \(.*\)$/\1/p' "$folder/peers.log")"
client_id="$(sed -n 's/^client *id \([^,]*\),.*$/\1/p' "$folder/peers.log")"
webhook="$(sed -n 's/^portal *\(http.*\)$/\1/p' "$folder/peers.log")"
env -i PATH="$PATH" \
  ONEDEAL_BITRIX24_WEBHOOK_URL="$webhook" ONEDEAL_SHOP=acme.myshopify.com ONEDEAL_SHOPIFY_SECRET="$secret" \
  ONEDEAL_SHOPIFY_CLIENT_ID="$client_id" ONEDEAL_SHOPIFY_CLIENT_SECRET="$secret" \
  ONEDEAL_SHOPIFY_API_URL="http://127.0.0.1:$shop" ONEDEAL_PUBLIC_URL="http://127.0.0.1:$service" \
  ONEDEAL_ADMIN_TOKEN=lint-token-lint-token ONEDEAL_LISTEN="127.0.0.1:$service" \
  ONEDEAL_DATABASE="sqlite:$folder/onedeal.db" ONEDEAL_LOG=json \
  "$onedeal" serve 2>"$folder/onedeal.log" &
started+=($!)
page() { curl -fsS -H 'Authorization: Bearer lint-token-lint-token' "http://127.0.0.1:$service/metrics"; }
for _ in $(seq 100); do page >"$folder/metrics" 2>/dev/null && break; sleep 0.2; done
for _ in $(seq 100); do grep -q 'is made' "$folder/onedeal.log" && break; sleep 0.2; done

step "some orders, a forged delivery"
for _ in 1 2 3 4 5; do curl -fsS -X POST "http://127.0.0.1:$shop/orders" >/dev/null; done
curl -sS -o /dev/null -X POST -H 'X-Shopify-Topic: orders/create' -H 'X-Shopify-Shop-Domain: acme.myshopify.com' \
  -H 'X-Shopify-Hmac-Sha256: bm90IHRoaXMgb25l' -d '{"id":1}' "http://127.0.0.1:$service/webhooks/shopify"
for _ in $(seq 200); do
  page >"$folder/metrics"
  grep -q '^onedeal_deals_created_total 5$' "$folder/metrics" && grep -q '^onedeal_orders{phase="linked"} 5$' "$folder/metrics" && break
  sleep 0.5
done

step "lint"
"$folder/venv/bin/python" - "$folder/metrics" <<'LINT'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families

text = open(sys.argv[1], encoding="utf-8").read()
families = list(text_string_to_metric_families(text))
samples = [sample for family in families for sample in family.samples]
problems = []
for family in families:
    if not family.name.startswith("onedeal_"):
        problems.append(f"{family.name} is not one of onedeal's")
    if not family.documentation.strip():
        problems.append(f"{family.name} has no help text")
    if family.unit and not family.name.endswith("_" + family.unit):
        problems.append(f"{family.name} does not end with its unit {family.unit}")
    if family.type == "unknown":
        problems.append(f"{family.name} has no type")
    if not family.samples:
        problems.append(f"{family.name} has no samples")
values = {(s.name, tuple(sorted(s.labels.items()))): s.value for s in samples}
def value(name, **labels):
    return values.get((name, tuple(sorted(labels.items()))))
expected = {
    "deals created": value("onedeal_deals_created_total"),
    "orders with their deal": value("onedeal_orders", phase="linked"),
    "from order to deal": value("onedeal_order_to_deal_seconds_count"),
}
problems += [f"{what}: {got} instead of 5" for what, got in expected.items() if got != 5]
if value("onedeal_deliveries_total", kind="wrong_signature") != 1:
    problems.append("the forged delivery was not counted")
if not (value("onedeal_portal_http_requests_total", method="batch", answer="200") or 0):
    problems.append("no batch was counted")
print(f"{len(families)} metrics, {len(samples)} samples")
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(bool(problems))
LINT

if command -v promtool >/dev/null; then
  step "rules"
  promtool check rules docs/alerts.yml
else
  step "rules: not checked, promtool (Debian package prometheus) is not installed"
fi
step "fine"
