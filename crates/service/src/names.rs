//! The names that a mapping uses: resolved by the portal's directory before the first turn, and kept in the ledger, so
//! that a later start needs no portal for them.

use std::time::Duration;

use kernel::mapping::{Directory, Severity};
use store::{Store, StoreError};
use tokio::sync::watch;

use crate::{Chain, transport::Transport, worker::Shared};

/// Where the ledger keeps the directory.
const DIRECTORY: &str = "directory";

/// Where the ledger keeps which mapping it worked with last.
const MAPPING: &str = "mapping";

/// How often the directory is read again: people rename stages and add entries to lists.
const AGAIN_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// The pause after a directory that could not be read.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Takes the directory that the ledger keeps. False if the mapping needs one and there is none.
///
/// # Errors
/// The store failed.
pub(crate) async fn recall<S: Store, T: Transport>(
    shared: &Shared<S, T>,
) -> Result<bool, StoreError> {
    if !shared.mapping().needs_directory() {
        remapped(shared).await?;
        return Ok(true);
    }
    let kept = shared.store.meta(DIRECTORY).await?;
    let Some(directory) = kept.and_then(|it| serde_json::from_str(&it).ok()) else {
        return Ok(false);
    };
    shared.set_directory(directory);
    remapped(shared).await?;
    Ok(true)
}

/// Reads the directory from the portal, now and again, for as long as the service runs.
pub(crate) async fn keep<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    known: &watch::Sender<bool>,
) {
    if !shared.mapping().needs_directory() {
        return std::future::pending().await;
    }
    let mut told = false;
    loop {
        match shared.portal.directory().await {
            Ok(directory) => {
                learn(shared, directory).await;
                known.send_replace(true);
                told = false;
                tokio::time::sleep(AGAIN_EVERY).await;
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(error = %Chain(&error),
                        "The portal does not tell its funnels and fields, which the mapping names; asked again until it does");
                }
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

async fn learn<S: Store, T: Transport>(shared: &Shared<S, T>, directory: Directory) {
    let before = shared.mapping().fingerprint().clone();
    let kept = serde_json::to_string(&directory).unwrap_or_default();
    let mapping = shared.set_directory(directory.clone());
    if *mapping.fingerprint() == before {
        return;
    }
    for finding in mapping.lint(&directory) {
        let (place, problem, remedy) = (&finding.place, &finding.problem, &finding.remedy);
        match finding.severity {
            Severity::Problem | Severity::Warning => {
                tracing::warn!(
                    mapping.place = place,
                    "The mapping does not fit the portal: `{place}`: {problem}; {remedy}"
                );
            }
        }
    }
    let saved = async {
        shared.store.set_meta(DIRECTORY, &kept).await?;
        remapped(shared).await
    };
    if let Err(error) = saved.await {
        tracing::error!(error = %Chain(&error), "Failed to keep the portal's directory");
    }
}

/// Orders that rest because of their content are tried again under another mapping (design §4.2, rule 12).
async fn remapped<S: Store, T: Transport>(shared: &Shared<S, T>) -> Result<(), StoreError> {
    let fingerprint = shared.mapping().fingerprint().as_str().to_owned();
    let known = shared.store.meta(MAPPING).await?;
    if known.as_deref() == Some(fingerprint.as_str()) {
        return Ok(());
    }
    if known.is_some() {
        let now = shared.clock.now();
        let mut woken = 0;
        for phase in ["parked", "unwanted"] {
            woken += shared.store.wake(phase, now).await?;
        }
        tracing::info!(
            count = woken,
            "The mapping changed: {woken} orders that rest are looked at again"
        );
        shared.bell.notify_one();
    }
    shared.store.set_meta(MAPPING, &fingerprint).await
}
