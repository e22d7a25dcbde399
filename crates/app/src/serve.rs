//! `onedeal serve`: wires the service together, runs it, stops it.

mod caller;
mod listener;
mod log;
mod statement;
#[cfg(feature = "otel")]
mod traces;

use std::{future::IntoFuture as _, io::ErrorKind, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use kernel::LedgerId;
use service::{
    Parts, Service, alerts::AlertParts, clock::SystemClock, config::Settings,
    transport::HttpTransport,
};
use store::SqliteStore;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    entropy,
    environment::Environment,
    exit::{Exit, Exits as _, Failure},
    signals::Signals,
};
use listener::LimitedListener;
use log::LogStyle;
use statement::Statement;

/// Requests under way get this long once a stop was asked for; what is not answered Shopify delivers again.
const HTTP_GRACE: Duration = Duration::from_secs(5);

/// Characters of a new ledger's name: 36^12 names, so that no two ledgers ever share one.
const LEDGER_ID_CHARS: usize = 12;

/// Runs the service until it is asked to stop.
///
/// # Errors
/// A setting cannot be used, the address is taken, or the ledger cannot be used.
pub async fn run(environment: &Environment) -> Result<Exit, Failure> {
    let settings = environment.settings()?;
    let mapping = environment.mapping()?;
    let style = LogStyle::choose(&environment.variables)?;
    let telling = log::start(style, &environment.variables)?;
    let store = SqliteStore::open(&settings.database)
        .with_context(|| {
            format!(
                "the ledger `{}` cannot be used",
                settings.database.display()
            )
        })
        .exits(Exit::Storage)?;
    let (listener, address) = bind(settings.listen).await?;
    let mut signals = Signals::listen().exits(Exit::Bug)?;
    Statement::of(&settings, mapping.as_ref(), address, environment.lang()).print(style);
    let shown = environment.shown(&settings)?;
    let public = settings.public_url.clone();
    let service = start(settings, store).await?.with_settings(shown);
    let dashboard = service.dashboard(entropy::bytes()?, public.as_ref());
    let routes = service.router().merge(dashboard);

    let (stop, stopped) = watch::channel(false);
    let served = async {
        let result = serve(listener, routes, stopped.clone()).await;
        stop.send_replace(true);
        result
    };
    let worked = async {
        service.run(asked(stopped.clone())).await;
        // It only ends before it is asked to when nothing more may be sent.
        let by_itself = !*stopped.borrow();
        stop.send_replace(true);
        by_itself
    };
    let signalled = async {
        signals.next().await;
        tracing::info!("Stopping: what is under way gets a moment to end");
        stop.send_replace(true);
        Signals::another().await;
    };
    let (served, by_itself) = tokio::select! {
        biased;
        () = signalled => {
            log::say(style, "stopped at once; what was without an answer is unknown until the next start looks it up");
            return Ok(Exit::Fine);
        }
        ended = async { tokio::join!(served, worked) } => ended,
    };
    served.exits(Exit::Bug)?;
    if by_itself {
        return Err(Failure::saying(
            Exit::Storage,
            "the service stopped by itself because its database is damaged: restore a backup (the log says what was found)",
        ));
    }
    log::say(style, "stopped cleanly");
    telling.end();
    Ok(Exit::Fine)
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = match TcpListener::bind(address).await {
        Ok(listener) => listener.local_addr().map(|address| (listener, address)),
        Err(error) => Err(error),
    };
    bound.map_err(|error| {
        let kind = error.kind();
        let (why, remedy) = if kind == ErrorKind::AddrInUse {
            (
                "another program listens there".to_owned(),
                "stop it, or set ONEDEAL_LISTEN to another port",
            )
        } else if kind == ErrorKind::PermissionDenied {
            (
                "the system does not allow it".to_owned(),
                "set ONEDEAL_LISTEN to a port above 1023",
            )
        } else {
            (
                error.to_string(),
                "set ONEDEAL_LISTEN to an address of this machine",
            )
        };
        let text = format!("cannot listen on {address}: {why}; {remedy}");
        Failure::saying(Exit::Usage, text)
    })
}

async fn start(
    settings: Settings,
    store: SqliteStore,
) -> Result<Service<SqliteStore, HttpTransport>, Failure> {
    let transport = HttpTransport::new()
        .map_err(|_| Failure::saying(Exit::Bug, "failed to set up the HTTP client"))?;
    let shopify = settings.admin_parts(transport.clone());
    let alerts = settings.alerts.map(|settings| AlertParts {
        settings,
        transport: transport.clone(),
    });
    let parts = Parts {
        store,
        transport,
        clock: Arc::new(SystemClock::new()),
        fresh_ledger: fresh_ledger()?,
        portal: settings.portal,
        shops: settings.shops,
        rules: settings.rules,
        mapping: settings.mapping,
        admin: settings.admin,
        shopify,
    };
    let service = Service::start(parts)
        .await
        .context("the ledger cannot be started")
        .exits(Exit::Storage)?
        .with_ledger_at(settings.database);
    Ok(match alerts {
        Some(alerts) => service.with_alerts(alerts).await,
        None => service,
    })
}

/// A name for a ledger that has none yet.
fn fresh_ledger() -> Result<LedgerId, Failure> {
    Ok(LedgerId::new(&entropy::letters(LEDGER_ID_CHARS)?))
}

/// Answers requests until a stop is asked for, and those under way a little longer.
async fn serve(
    listener: TcpListener,
    routes: Router,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let server = axum::serve(LimitedListener::new(listener), caller::told(routes))
        .with_graceful_shutdown(asked(stopped.clone()))
        .into_future();
    let patience = async {
        asked(stopped).await;
        tokio::time::sleep(HTTP_GRACE).await;
    };
    tokio::select! {
        biased;
        ended = server => ended.context("failed to take connections"),
        () = patience => Ok(()),
    }
}

/// Completes once a stop is asked for.
async fn asked(mut stopped: watch::Receiver<bool>) {
    // The sender outlives the service; without it there is nothing left to wait for.
    let _ = stopped.wait_for(|it| *it).await;
}
