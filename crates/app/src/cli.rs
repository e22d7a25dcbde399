//! The command line.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use service::operator::Action;

use crate::{
    bench, check, demo,
    environment::Environment,
    exit::{Exit, Exits as _, Failure},
    init, map, order, serve, steer,
};

const ABOUT: &str = "Keeps exactly one Bitrix24 deal per Shopify order";

const LONG_ABOUT: &str = "\
Keeps exactly one Bitrix24 deal per Shopify order: once, soon, with the right amount, goods, contact and stage, \
through every later payment, edit, refund and cancellation.

See it work, without any account:    onedeal demo
Set it up, by questions:             onedeal init
See what an order would become:      onedeal map order.json
See whether all is set up well:      onedeal check
Run it:                              onedeal serve";

const AFTER: &str = "\
Settings come from onedeal.toml and from variables ONEDEAL_…, which win; `onedeal serve --help` lists them.
Exit codes: 0 fine, 1 found something to act on, 2 usage or settings, 3 a peer refused, 4 storage, 70 a bug.";

const SERVE_AFTER: &str = "\
`onedeal init` writes them all into onedeal.toml.

Settings that must be set (variable, or the same name in onedeal.toml in lower case without ONEDEAL_):
  ONEDEAL_BITRIX24_WEBHOOK_URL  the portal's inbound webhook with the right `crm` (a secret); or a local application, below
  ONEDEAL_SHOP                  the shop's permanent name, acme.myshopify.com
  ONEDEAL_SHOPIFY_SECRET        what signs the shop's webhooks (a secret; several, comma separated, while rotated);
                                need not be set where the client secret below is

Settings of a local application of the portal, in place of the webhook (its installation address is
POST /bitrix24/install; after the first start, press Reinstall in the application's menu in Bitrix24):
  ONEDEAL_BITRIX24_CLIENT_ID    its client_id
  ONEDEAL_BITRIX24_CLIENT_SECRET its client_secret (a secret)
  ONEDEAL_BITRIX24_PORTAL       the portal's address, acme.bitrix24.com
  ONEDEAL_BITRIX24_OAUTH_URL    another authorization server, on this machine, for tests

Settings that open the shop's Admin API, with which lost webhooks are made good (either id and secret, or a token):
  ONEDEAL_SHOPIFY_CLIENT_ID     the app's client id in Shopify's Dev Dashboard
  ONEDEAL_SHOPIFY_CLIENT_SECRET the app's client secret (a secret)
  ONEDEAL_SHOPIFY_ACCESS_TOKEN  the token of an app made in the shop's admin (a secret)

Settings with a default:
  ONEDEAL_LISTEN                where to listen                                  127.0.0.1:8080
  ONEDEAL_DATABASE              the ledger                                       sqlite:onedeal.db
  ONEDEAL_BITRIX24_RATE         requests per second and burst of the plan        2,50
  ONEDEAL_BITRIX24_TIMEOUT_MS   how long an answer is awaited                    70000
  ONEDEAL_SETTLE_MS             how long a create without an answer is in doubt  210000
  ONEDEAL_ORDER_FIELD           the deal's user field for the order id           UF_CRM_1742556489
  ONEDEAL_DUPLICATE_FIELD       the deal's user field that names the deal that
                                stays, on a duplicate                            –
  ONEDEAL_MAPPING_FILE          how orders become deals, docs/mapping.md         the defaults
  ONEDEAL_PUBLIC_URL            where Shopify reaches this service; with it the
                                webhook subscriptions are made and repaired      –
  ONEDEAL_RECONCILE_SECS        how often the shop's orders are read; 0 = off    900
  ONEDEAL_SHOPIFY_API_VERSION   the version of the Admin API                     2026-10
  ONEDEAL_SHOPIFY_API_URL       another origin than the shop's, for tests        –
  ONEDEAL_ADMIN_TOKEN           opens dashboard, API and /metrics (a secret)     this machine only
  ONEDEAL_VIEWER_TOKEN          the same, to look only (a secret)                none
  ONEDEAL_LOG                   human or json                                    human on a terminal
  RUST_LOG                      which log lines                                  info

Each secret can also stand in a file: ONEDEAL_SHOPIFY_SECRET_FILE=/run/secrets/shopify, and so on.

Examples:
  ONEDEAL_SHOP=acme.myshopify.com ONEDEAL_SHOPIFY_SECRET_FILE=secret.txt \\
    ONEDEAL_BITRIX24_WEBHOOK_URL_FILE=url.txt onedeal serve
  onedeal --config /etc/onedeal.toml serve

Point Shopify's order webhooks (orders/create, orders/updated, …) at POST /webhooks/shopify.";

const INIT_AFTER: &str = "\
Asks for the portal's inbound webhook, the shop and its app, the public address, and where deals begin and end; each answer
is tried at once. Makes the two deal fields that onedeal writes, where they are missing and the webhook's user may. Writes
onedeal.toml (or --config PATH), each line explained, and each secret into a file of mode 600 in the folder secrets beside it.
Nothing is written before the last question, and nothing is written over unless you say so.

Without a terminal, or with --yes, nothing is asked: flags say what has no default. A secret is safer in a file (--…-file)
than on the command line. The language is the environment's: LANG=ru_RU.UTF-8 onedeal init.
Ends with 2 if an answer is missing or wrong, 3 if the portal or the shop refuses, 4 if a file cannot be written.

Examples:
  onedeal init
  onedeal init --yes --portal-url-file url.txt --shop acme.myshopify.com \\
    --client-id ID --client-secret-file secret.txt --public-url https://sync.example.com
  onedeal --config /etc/onedeal/onedeal.toml init
  onedeal init --yes --portal-url-file url.txt --shop acme.myshopify.com \\
    --webhook-secret-file secret.txt --funnel Shop --responsible 'Erika Muster' --json";

const DEMO_AFTER: &str = "\
Examples:
  onedeal demo
  onedeal demo --orders 1000 --faults none
  onedeal demo --keep-running";

const CHECK_AFTER: &str = "\
Looks at settings and mapping, asks the portal (who we are, which deals are shown to us, funnels, stages, fields, currencies,
clock, limits) and the shop (scopes, version, webhook subscriptions, clock), and looks at the public address, the disk and the
ledger, beside a running service. Each check is ok, a warning (it works, not quite as it could) or a problem, with what to do;
one that needs an answer which did not come says so. At the end stand the assumptions with their values.
Nothing is written anywhere. Ends with 1 if there is a problem, 2 if settings or mapping cannot be used, 3 if the portal or the
shop refuses, 4 if disk or ledger cannot be used.

With --canary one test order then takes the real path to the portal, the answer to its create is thrown away, and exactly one
deal must be there when the settle time is over (four minutes by default). Robots of the first stage run, so it asks first. In
the end the deal is deleted, by its id, after its key was read again; if anything ends the run before, the next one does that.
Also ends with 1 if the canary is not right.

Examples:
  onedeal check
  onedeal --config /etc/onedeal.toml check --json
  onedeal check --json | jq '.checks[] | select(.status != \"ok\")'
  onedeal check --canary
  onedeal check --canary --yes --json | jq .canary";

const MAP_AFTER: &str = "\
FILE is the body of an order webhook, or an order as Shopify's Admin GraphQL API gives it; `-` reads standard input.
Nothing is written anywhere. By itself the command asks nobody and needs no setting; ONEDEAL_SHOP, ONEDEAL_ORDER_FIELD and
ONEDEAL_MAPPING_FILE are used if they are set. With --portal it asks the portal for the names of stages, funnels, fields and
labels; with --against it reads a deal and shows what would happen to each of its parts when this order came.
Ends with 1 if the file holds no order that can become a deal, a rule of the mapping fails, or the deal differs or is not
there; with 3 if the portal refuses.

Examples:
  onedeal map order.json
  onedeal map order.json --json | jq .deal.rows
  onedeal map order.json --against 1234
  LANG=ru_RU.UTF-8 onedeal map order.json";

const ORDER_AFTER: &str = "\
ID is the order's id, its name (1042 or '#1042'), the id of its deal, or SHOP/ID where several orders match.
The ledger is only read; the service may go on running. Ends with 1 if nothing or more than one order is found.

Examples:
  onedeal order 1042
  onedeal order acme.myshopify.com/6120000000001 --json";

const RETRY_AFTER: &str = "\
ID is the order's id, its name (1042 or '#1042'), the id of its deal, or SHOP/ID where several orders match.
Ends whatever lets an order rest: parking, ignoring, a pause after failures. Nothing is created that may exist already: what is
in doubt stays so until it is settled. The service may go on running; it takes the wish from the ledger within half a minute.
Ends with 1 if an id names no order or several (then nothing is done), or if it cannot be done; with 4 if the ledger cannot be used.

Examples:
  onedeal retry 1042
  onedeal retry 1042 1043 acme.myshopify.com/6120000000001
  onedeal retry 1042 --json | jq .orders[0].accepted";

const PARK_AFTER: &str = "\
Nothing more is written for the order until `onedeal retry ID`; its webhooks are still taken. A create whose answer was lost is
looked after until it is settled. The service may go on running.
Ends with 1 if an id names no order or several (then nothing is done); with 4 if the ledger cannot be used.

Examples:
  onedeal park 1042
  onedeal park '#1042' --json";

const IGNORE_AFTER: &str = "\
As `onedeal park`, for an order that shall have no deal at all: it is counted as ignored, not as parked. A deal that it has
already is left as it is. `onedeal retry ID` takes it back.
Ends with 1 if an id names no order or several (then nothing is done); with 4 if the ledger cannot be used.

Examples:
  onedeal ignore 1042
  onedeal ignore 1042 --json";

/// The program's command line.
#[derive(Debug, Parser)]
#[command(
    name = "onedeal",
    version,
    about = ABOUT,
    long_about = LONG_ABOUT,
    after_help = AFTER,
    arg_required_else_help = true,
    max_term_width = 120
)]
pub struct Cli {
    /// Settings file [default: onedeal.toml, if it exists]
    #[arg(long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set it up: ask, look at both peers, write the settings
    #[command(after_long_help = INIT_AFTER)]
    Init(Box<init::InitArgs>),
    /// Run the service: take webhooks, keep deals
    ///
    /// Takes the shop's webhooks, answers each once it is stored, and keeps one deal per order in the portal. Stops
    /// cleanly on SIGTERM and Ctrl+C; what is without an answer then is settled after the next start.
    #[command(after_long_help = SERVE_AFTER)]
    Serve,
    /// Watch it work on a simulated shop and portal, faults included
    #[command(after_long_help = DEMO_AFTER)]
    Demo(demo::DemoArgs),
    /// Measure it: how fast a backlog drains, how soon a deal appears
    Bench(bench::BenchArgs),
    /// Check the whole set-up: portal, shop, mapping, disk; prove one deal with --canary
    #[command(after_long_help = CHECK_AFTER)]
    Check(check::CheckArgs),
    /// Show the deal that an order would become
    #[command(after_long_help = MAP_AFTER)]
    Map(map::MapArgs),
    /// Show what became of one order, and why
    #[command(after_long_help = ORDER_AFTER)]
    Order(order::OrderArgs),
    /// Try orders again now, whatever lets them rest
    #[command(after_long_help = RETRY_AFTER)]
    Retry(steer::SteerArgs),
    /// Let orders rest until somebody wakes them
    #[command(after_long_help = PARK_AFTER)]
    Park(steer::SteerArgs),
    /// Let orders be without a deal
    #[command(after_long_help = IGNORE_AFTER)]
    Ignore(steer::SteerArgs),
}

/// Reads the command line and does what it says.
pub fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(message) => {
            let exit = if message.use_stderr() {
                Exit::Usage
            } else {
                Exit::Fine
            };
            // Without a place to print to, the exit code still says it.
            let _ = message.print();
            return exit;
        }
    };
    dispatch(cli).unwrap_or_else(|failure| failure.report())
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        Command::Init(args) => {
            let environment = Environment::without_file()?;
            let config = cli.config.as_deref();
            runtime()?.block_on(Box::pin(init::run(&args, config, &environment)))
        }
        Command::Serve => {
            let environment = Environment::read(cli.config.as_deref())?;
            runtime()?.block_on(serve::run(&environment))
        }
        Command::Demo(args) => {
            let passed = runtime()?.block_on(Box::pin(demo::run(args)));
            let passed = passed.exits(Exit::Usage)?;
            Ok(if passed { Exit::Fine } else { Exit::Found })
        }
        Command::Bench(args) => bench::run(&args),
        Command::Map(args) => {
            let environment = Environment::read(cli.config.as_deref())?;
            runtime()?.block_on(map::run(&args, &environment))
        }
        Command::Check(args) => {
            let environment = Environment::read(cli.config.as_deref())?;
            runtime()?.block_on(check::run(&args, &environment))
        }
        Command::Order(args) => order::run(&args, &Environment::read(cli.config.as_deref())?),
        Command::Retry(args) => steer(&args, &Action::Retry, cli.config.as_deref()),
        Command::Park(args) => steer(&args, &Action::Park, cli.config.as_deref()),
        Command::Ignore(args) => steer(&args, &Action::Ignore, cli.config.as_deref()),
    }
}

fn steer(args: &steer::SteerArgs, action: &Action, config: Option<&Path>) -> Result<Exit, Failure> {
    steer::run(args, action, &Environment::read(config)?)
}

/// One thread is enough for the network; the ledger has threads of its own.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .exits(Exit::Bug)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
