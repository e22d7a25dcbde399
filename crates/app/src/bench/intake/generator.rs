//! The load generator: requests that are ready to be written, on connections that stay open.

use std::{net::SocketAddr, sync::Arc, thread, time::Duration};

use anyhow::Context as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

use crate::bench::order::{BenchOrder, SECRET, SHOP};

/// Different orders; their webhooks repeat.
const ORDERS: u64 = 2_000;

/// What an answer begins with when the webhook was taken.
const TAKEN: &[u8] = b"HTTP/1.1 200";

/// What ends the headers of an answer.
const BLANK_LINE: &[u8] = b"\r\n\r\n";

/// Requests that are ready to be sent.
pub(super) struct Shots {
    requests: Arc<Vec<Vec<u8>>>,
    bytes: (usize, usize),
}

/// What a load showed.
pub(super) struct Load {
    pub(super) millis: Vec<f64>,
    pub(super) seconds: f64,
}

impl Load {
    /// Requests that were answered 200.
    pub(super) fn count(&self) -> u64 {
        self.millis.len() as u64
    }

    pub(super) fn per_second(&self) -> f64 {
        self.millis.len() as f64 / self.seconds
    }
}

impl Shots {
    /// Signed order webhooks.
    pub(super) fn signed() -> Self {
        let bodies: Vec<_> = (0..ORDERS)
            .map(|it| BenchOrder::new(it, Some(it)).padded(it).body())
            .collect();
        let lengths = || bodies.iter().map(|it| it.len());
        let bytes = (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0));
        let requests = bodies.iter().map(|body| {
            let head = format!(
                "POST /webhooks/shopify HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nx-shopify-topic: orders/updated\r\nx-shopify-shop-domain: {SHOP}\r\nx-shopify-webhook-id: b54557e4-bdd9-4b37-8a5f-bf7d70bcd043\r\nx-shopify-triggered-at: 2026-11-23T09:15:48.514Z\r\nx-shopify-hmac-sha256: {}\r\ncontent-length: {}\r\n\r\n",
                simulators::shopify::sign(SECRET, body),
                body.len()
            );
            [head.as_bytes(), body].concat()
        });
        let requests = Arc::new(requests.collect());
        Self { requests, bytes }
    }

    /// The smallest and the largest body.
    pub(super) fn body_bytes(&self) -> (usize, usize) {
        self.bytes
    }

    /// Sends for so long: as fast as answers come, or so many per second. In a thread of its own.
    pub(super) fn fire(
        &self,
        target: SocketAddr,
        connections: usize,
        per_second: Option<f64>,
        time: Duration,
    ) -> anyhow::Result<Load> {
        let requests = self.requests.clone();
        let gun = thread::Builder::new()
            .name("load".to_owned())
            .spawn(move || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?
                    .block_on(fire(requests, target, connections, per_second, time))
            })?;
        gun.join()
            .map_err(|_| anyhow::anyhow!("the load generator failed"))?
    }
}

async fn fire(
    requests: Arc<Vec<Vec<u8>>>,
    target: SocketAddr,
    connections: usize,
    per_second: Option<f64>,
    time: Duration,
) -> anyhow::Result<Load> {
    let began = Instant::now();
    let gap = per_second.map(|it| Duration::from_secs_f64(connections as f64 / it));
    let mut guns = tokio::task::JoinSet::new();
    for number in 0..connections {
        let requests = requests.clone();
        guns.spawn(async move {
            let mut connection = Connection::open(target).await?;
            let (mut millis, mut at) = (Vec::new(), number);
            // Paced connections take turns.
            let mut due = gap.map(|it| began + it.mul_f64(number as f64 / connections as f64));
            while began.elapsed() < time {
                if let (Some(at), Some(gap)) = (due, gap) {
                    tokio::time::sleep_until(at).await;
                    due = Some(at + gap);
                }
                let sent = Instant::now();
                connection.ask(&requests[at % requests.len()]).await?;
                millis.push(sent.elapsed().as_secs_f64() * 1000.0);
                at += connections;
            }
            anyhow::Ok(millis)
        });
    }
    let mut all = Vec::new();
    while let Some(millis) = guns.join_next().await {
        all.extend(millis??);
    }
    Ok(Load {
        millis: all,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// A connection that stays open.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(target: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(target)
            .await
            .context("failed to connect")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// Sends one request and reads its answer whole.
    async fn ask(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                anyhow::bail!("the connection was closed");
            }
            if let Some(end) = answer_end(&self.buffer)
                && end <= self.buffer.len()
            {
                break;
            }
        }
        anyhow::ensure!(
            self.buffer.starts_with(TAKEN),
            "answered with {}",
            String::from_utf8_lossy(&self.buffer)
        );
        Ok(())
    }
}

/// Where an answer ends, once its headers are here.
fn answer_end(answer: &[u8]) -> Option<usize> {
    let headers = answer
        .windows(BLANK_LINE.len())
        .position(|it| it == BLANK_LINE)?;
    let text = std::str::from_utf8(&answer[..headers]).ok()?;
    let length = text
        .lines()
        .find_map(|it| it.strip_prefix("content-length: "))?;
    Some(headers + BLANK_LINE.len() + length.parse::<usize>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_length_says() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nstored\n";
        assert_eq!(answer_end(answer), Some(answer.len()));
        assert_eq!(answer_end(&answer[..20]), None);
    }
}
