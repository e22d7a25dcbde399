//! Whether a request comes from one of our own pages, and whether it was meant for this machine.

use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderMap, header, request::Parts};

/// Whether a browser says that a request comes from a page of ours. One that says nothing is no browser of this decade, and
/// leaves the decision to the form token.
pub(super) fn is_ours(parts: &Parts, public: Option<&str>) -> bool {
    let headers = &parts.headers;
    let text = |name: &str| headers.get(name).map(|it| it.to_str().unwrap_or_default());
    match (text("origin"), text("sec-fetch-site")) {
        (Some(origin), _) => {
            let from = origin.split_once("://").map_or("", |(_, it)| it);
            let host = text("host").unwrap_or_default();
            !from.is_empty()
                && (from.eq_ignore_ascii_case(host)
                    || public.is_some_and(|it| from.eq_ignore_ascii_case(it)))
        }
        (None, Some(site)) => site == "same-origin",
        (None, None) => true,
    }
}

/// Whether a request names this machine as its host.
pub(super) fn is_loopback_host(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
    let Some(authority) = host.and_then(|it| it.parse::<http::uri::Authority>().ok()) else {
        return false;
    };
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

/// Whether a peer is of this machine or this network, as a proxy is that speaks for others.
pub(super) fn is_near(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(peer) => peer.is_loopback() || peer.is_private() || peer.is_link_local(),
        IpAddr::V6(peer) => peer.is_loopback() || peer.is_unique_local() || mapped_near(peer),
    }
}

fn mapped_near(peer: Ipv6Addr) -> bool {
    peer.to_ipv4_mapped()
        .is_some_and(|it| it.is_loopback() || it.is_private())
}
