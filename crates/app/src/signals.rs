//! The signals that end a long run.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that come within this time are the same wish.
const SAME: Duration = Duration::from_secs(1);

/// SIGTERM and Ctrl+C.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on the signals no longer end the process by themselves.
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Completes with another one than a signal that just came. Some senders signal the process and its group at the same
    /// time, which is one wish.
    pub async fn another() {
        tokio::time::sleep(SAME).await;
        match Self::listen() {
            Ok(mut again) => again.next().await,
            Err(_) => std::future::pending().await,
        }
    }

    /// Completes with the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
