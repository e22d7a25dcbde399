//! Connections in bounded number, each given up once its client stays silent for too long.
//!
//! A request that never ends would otherwise hold its connection for ever, and enough of them the whole service.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep},
};

/// Connections open at once; further clients wait in the system's queue.
const CONNECTIONS_MAX: usize = 1024;

/// A connection on which nothing arrives for so long is closed. Shopify gives up a delivery after 5 s (facts §1.3).
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A listener with limits.
#[derive(Debug)]
pub(super) struct LimitedListener {
    inner: TcpListener,
    places: Arc<Semaphore>,
    silence: Duration,
}

impl LimitedListener {
    /// Puts limits on a listener.
    pub(super) fn new(inner: TcpListener) -> Self {
        Self {
            inner,
            places: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            silence: SILENCE_MAX,
        }
    }
}

impl Listener for LimitedListener {
    type Io = LimitedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let place = self.places.clone().acquire_owned().await.ok();
        let (inner, address) = Listener::accept(&mut self.inner).await;
        let stream = LimitedStream {
            inner,
            silence: self.silence,
            patience: Box::pin(sleep(self.silence)),
            _place: place,
        };
        (stream, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

/// A connection with limits.
#[derive(Debug)]
pub(super) struct LimitedStream {
    inner: TcpStream,
    silence: Duration,
    patience: Pin<Box<Sleep>>,
    /// Its place among the connections; the semaphore is never closed, so that there always is one.
    _place: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for LimitedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(read) = Pin::new(&mut self.inner).poll_read(cx, buffer) {
            let until = Instant::now() + self.silence;
            self.patience.as_mut().reset(until);
            return Poll::Ready(read);
        }
        match self.patience.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncWrite for LimitedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::{Ipv4Addr, TcpStream},
    };

    use axum::Router;
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn a_silent_client_is_let_go() {
        let inner = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = inner.local_addr().unwrap();
        let listener = LimitedListener {
            silence: Duration::from_millis(50),
            ..LimitedListener::new(inner)
        };
        let mut serving = JoinSet::new();
        serving.spawn(async { axum::serve(listener, Router::new()).await.unwrap() });
        let client = std::thread::spawn(move || {
            let mut client = TcpStream::connect(address).unwrap();
            client
                .write_all(b"POST / HTTP/1.1\r\nHost: here\r\n")
                .unwrap();
            client
                .set_read_timeout(Some(Duration::from_secs(60)))
                .unwrap();
            let mut said = Vec::new();
            // A reset is an end too; only silence from the service would be wrong.
            match client.read_to_end(&mut said) {
                Ok(_) => true,
                Err(error) => error.kind() == ErrorKind::ConnectionReset,
            }
        });
        while !client.is_finished() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(client.join().unwrap());
    }
}
