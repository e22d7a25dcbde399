//! Files that pages need, built into the program. Their addresses carry a hash of their content, so that a browser may
//! keep them for ever.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use sha2::{Digest as _, Sha256};

/// Hexadecimal digits of a hash that an address carries.
const HASH_DIGITS: usize = 12;

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
    /// Its file name with the hash.
    hashed: String,
}

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        asset(
            "app.css",
            "text/css; charset=utf-8",
            include_bytes!("../../assets/app.css"),
        ),
        asset(
            "app.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../assets/app.js"),
        ),
        asset(
            "htmx.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../assets/vendor/htmx-2.0.11.min.js"),
        ),
        asset(
            "icon.svg",
            "image/svg+xml",
            include_bytes!("../../assets/icon.svg"),
        ),
    ]
});

/// The address of an asset.
pub(super) fn href(name: &str) -> String {
    let found = ASSETS.iter().find(|it| it.name == name);
    format!("/assets/{}", found.map_or(name, |it| it.hashed.as_str()))
}

/// An asset; one of another build is gone.
pub(super) async fn get(Path(hashed): Path<String>) -> Response {
    match ASSETS.iter().find(|it| it.hashed == hashed) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn asset(name: &'static str, kind: &'static str, bytes: &'static [u8]) -> Asset {
    let hash: String = Sha256::digest(bytes)
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    let hash = &hash[..HASH_DIGITS];
    let hashed = match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{hash}.{ending}"),
        None => format!("{name}.{hash}"),
    };
    Asset {
        name,
        kind,
        bytes,
        hashed,
    }
}
