//! The service's peers, served over real HTTP on loopback from a thread of their own.

use std::{
    future::IntoFuture as _,
    net::{Ipv4Addr, SocketAddr},
    sync::mpsc,
    thread::JoinHandle,
};

use anyhow::Context as _;
use simulators::{
    bitrix24::{Faults, Portal, PortalConfig},
    shopify::{Deliverer, Shop, ShopConfig, ShopFaults},
};
use tokio::{net::TcpListener, sync::watch};

use super::{
    road::{Repeater, Road},
    scale::{self, FaultLevel, Stamina},
};

/// A shop, a portal, and the road from the shop to the service. Dropping it ends their thread.
#[derive(Debug)]
pub struct Peers {
    /// The portal.
    pub portal: Portal,
    /// The shop.
    pub shop: Shop,
    /// The road.
    pub road: Road,
    /// The inbound webhook that the portal gave out; worth nothing outside of this machine.
    pub webhook_url: String,
    /// What the shop signs with, comma separated.
    pub secrets: String,
    /// The shop's permanent name.
    pub domain: String,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread hands out once it serves.
struct Opened {
    portal: Portal,
    shop: Shop,
    road: Road,
    portal_at: SocketAddr,
}

impl Peers {
    /// Opens shop and portal on free ports; deliveries go to `service`.
    ///
    /// # Errors
    /// No thread, port or HTTP client is to be had.
    pub fn open(seed: u64, customers: usize, service: SocketAddr) -> anyhow::Result<Self> {
        let (portal, shop) = (scale::portal(seed), scale::shop(seed, customers));
        let webhook = format!("rest/{}/{}/", portal.user_id, portal.code);
        let (secrets, domain) = (shop.secrets.join(","), shop.domain.clone());
        let (stop, stopped) = watch::channel(false);
        let (hand, handed) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("peers".to_owned())
            .spawn(move || serve(portal, shop, service, &hand, stopped))
            .context("failed to start a thread for the simulated peers")?;
        let opened = handed
            .recv()
            .context("the simulated peers ended at once")??;
        Ok(Self {
            portal: opened.portal,
            shop: opened.shop,
            road: opened.road,
            webhook_url: format!("http://{}/{webhook}", opened.portal_at),
            secrets,
            domain,
            stop,
            thread: Some(thread),
        })
    }

    /// Lets everything go wrong that the level allows.
    pub fn trouble(&self, level: FaultLevel, stamina: Stamina) {
        self.portal.set_faults(scale::portal_faults(level, stamina));
        self.shop.set_faults(scale::shop_faults(level));
        self.road.set_faults(scale::road_faults(level));
    }

    /// Nothing new goes wrong; what is under way keeps its fate, and its bounds.
    pub fn calm(&self) {
        let max_landing_ms = scale::MAX_LANDING_MS;
        self.portal.set_faults(Faults {
            max_landing_ms,
            ..Faults::default()
        });
        self.shop.set_faults(ShopFaults::default());
        self.road.set_faults(scale::RoadFaults::default());
    }

    /// Deliveries, repeats and executions that are still on their way.
    pub fn under_way(&self) -> usize {
        self.shop.pending() + self.road.under_way() + self.portal.unsettled()
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the simulators has already been printed by the panic hook.
            let _ = thread.join();
        }
    }
}

fn serve(
    portal: PortalConfig,
    shop: ShopConfig,
    service: SocketAddr,
    hand: &mpsc::SyncSender<anyhow::Result<Opened>>,
    stopped: watch::Receiver<bool>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = hand.send(Err(error.into()));
            return;
        }
    };
    let ended = runtime.block_on(open_and_serve(portal, shop, service, hand, stopped));
    if let Err(error) = ended {
        // Nobody waits any more if it happens after the start.
        let _ = hand.try_send(Err(error));
    }
}

async fn open_and_serve(
    portal: PortalConfig,
    shop: ShopConfig,
    service: SocketAddr,
    hand: &mpsc::SyncSender<anyhow::Result<Opened>>,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    // Another part of the program may have chosen the provider first; any provider will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let seed = portal.seed;
    let client = || {
        Deliverer::client_builder()
            .build()
            .context("failed to set up an HTTP client")
    };
    let (road, repeater) = Road::new(format!("http://{service}"), client()?, seed);
    let (portal, shop) = (Portal::new(portal), Shop::new(shop));
    let (portal_listener, portal_at) = listen().await?;
    let (road_listener, road_at) = listen().await?;
    let deliverer = Deliverer::new(shop.clone(), format!("http://{road_at}"), client()?);
    let (portal_router, road_router) = (portal.router(), road.router());
    let opened = Opened {
        portal,
        shop,
        road,
        portal_at,
    };
    let _ = hand.send(Ok(opened));
    tokio::select! {
        biased;
        _ = stopped.wait_for(|it| *it) => Ok(()),
        it = axum::serve(portal_listener, portal_router).into_future() => Ok(it?),
        it = axum::serve(road_listener, road_router).into_future() => Ok(it?),
        () = deliverer.run(std::future::pending()) => Ok(()),
        () = Repeater::run(repeater) => Ok(()),
    }
}

/// A listener on a free port of this machine.
///
/// # Errors
/// There is none.
pub async fn listen() -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .context("failed to find a free port")?;
    let at = listener.local_addr().context("failed to read a port")?;
    Ok((listener, at))
}
