use axum::{Router, body::Body, extract::FromRef, routing::get, routing::post};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kernel::{LedgerId, ProcessNo};
use std::sync::atomic::{AtomicU64, Ordering};
use store::{BootClock, Started};
use tower::ServiceExt as _;

use super::*;
use crate::clock::Clock;

const ADMIN: &str = "admin-token-of-the-test";
const VIEWER: &str = "viewer-token-of-the-test";

#[derive(Default)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn boot(&self) -> BootClock {
        BootClock {
            boot_id: "boot".to_owned(),
            boottime_ms: self.0.load(Ordering::Relaxed),
        }
    }

    fn wall(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// A door with two rooms behind it: one to look at, one to act in by header, one to act in by form.
struct House {
    hands: Arc<Hands>,
    router: Router,
    door: Door,
}

#[derive(Clone)]
struct Room(Door);

impl FromRef<Room> for Door {
    fn from_ref(room: &Room) -> Self {
        room.0.clone()
    }
}

impl House {
    fn new(access: AdminAccess) -> Self {
        let hands = Arc::new(Hands::default());
        let started = Started {
            process: ProcessNo(1),
            ledger: LedgerId::new("ledger"),
            elapsed: Elapsed::ZERO,
            fresh: true,
            cold_until: None,
            cold_reason: None,
            unclean: false,
        };
        let clock = LedgerClock::new(hands.clone(), &started, &hands.boot());
        let public = PublicUrl::parse("https://sync.example.com").unwrap();
        let door = Door::new(access, [3; 32], Some(&public), clock);
        let router = Router::new()
            .route("/page", get(async |_: Reader| "seen"))
            .route("/api/v1/page", get(async |_: Reader| "seen"))
            .route("/api/v1/act", post(async |_: Operator| "done"))
            .route(
                "/act",
                post(async |it: Posted| it.fields.one("what").to_owned()),
            )
            .with_state(Room(door.clone()));
        Self {
            hands,
            router,
            door,
        }
    }

    fn with_tokens() -> Self {
        Self::new(AdminAccess::Token(Tokens {
            operator: SecretString::from(ADMIN),
            viewer: Some(SecretString::from(VIEWER)),
        }))
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Told {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Told {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    fn login(&self, token: &str, headers: &[(&str, &str)]) -> Result<String, Reason> {
        let mut request = Request::builder().method("POST").uri(refusal::LOGIN_PATH);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let cookie = self.door.login(&parts, &SecretString::from(token));
        let cookie = cookie.map_err(|it| it.reason())?;
        Ok(cookie.to_str().unwrap().to_owned())
    }

    /// The cookie that a browser sends back, and the form token that its pages carry.
    fn inside(&self, token: &str) -> (String, String) {
        let cookie = self.login(token, &[]).unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let request = Request::builder().header("cookie", &cookie);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let who = self.door.judge(&parts).unwrap();
        (cookie, who.form_token().to_owned())
    }
}

#[derive(Debug)]
struct Told {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

#[tokio::test]
async fn without_a_token_scripts_are_told_and_browsers_are_led_to_the_login() {
    let house = House::with_tokens();
    let told = house.ask("GET", "/api/v1/page", &[], "").await;
    assert_eq!(told.status, StatusCode::UNAUTHORIZED);
    assert_eq!(told.header("content-type"), "application/problem+json");
    assert!(told.body.contains("\"status\":401"), "{told:?}");
    let told = house.ask("GET", "/page?query=1", &[], "").await;
    assert_eq!(told.status, StatusCode::SEE_OTHER);
    assert_eq!(told.header("location"), "/login?next=%2Fpage%3Fquery%3D1");
    let fragment = [("hx-request", "true")];
    let told = house.ask("GET", "/page", &fragment, "").await;
    assert_eq!(told.header("hx-redirect"), "/login");
    let link = [("sec-fetch-site", "cross-site")];
    let told = house.ask("GET", "/page", &link, "").await;
    assert!(told.body.contains("http-equiv=\"refresh\""), "{told:?}");
}

#[tokio::test]
async fn a_bearer_token_opens_as_far_as_its_role_goes() {
    let house = House::with_tokens();
    let (admin, viewer) = (format!("Bearer {ADMIN}"), format!("bearer {VIEWER}"));
    let check = async |token: &str, method: &str, path: &str| {
        let headers = [("authorization", token)];
        house.ask(method, path, &headers, "").await.status
    };
    assert_eq!(check(&admin, "GET", "/api/v1/page").await, StatusCode::OK);
    assert_eq!(check(&admin, "POST", "/api/v1/act").await, StatusCode::OK);
    assert_eq!(check(&viewer, "GET", "/api/v1/page").await, StatusCode::OK);
    let act = check(&viewer, "POST", "/api/v1/act").await;
    assert_eq!(act, StatusCode::FORBIDDEN);
    let wrong = check("Bearer nothing", "GET", "/api/v1/page").await;
    assert_eq!(wrong, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_acts_with_its_form_token_from_our_own_pages_only() {
    let house = House::with_tokens();
    let (cookie, token) = house.inside(ADMIN);
    let (_, other) = house.inside(ADMIN);
    let body = format!("what=park&form_token={token}");
    let ours = [
        ("cookie", cookie.as_str()),
        ("host", "127.0.0.1:8080"),
        ("origin", "http://127.0.0.1:8080"),
    ];
    let told = house.ask("POST", "/act", &ours, &body).await;
    assert_eq!((told.status, told.body.as_str()), (StatusCode::OK, "park"));
    let public = [ours[0], ours[1], ("origin", "https://sync.example.com")];
    let told = house.ask("POST", "/act", &public, &body).await;
    assert_eq!(told.status, StatusCode::OK);
    for origin in ["https://evil.example", "null", "http://127.0.0.1:9090"] {
        let theirs = [ours[0], ours[1], ("origin", origin)];
        let told = house.ask("POST", "/act", &theirs, &body).await;
        assert_eq!(told.status, StatusCode::FORBIDDEN, "{origin}");
    }
    for body in ["what=park".to_owned(), format!("form_token={other}")] {
        let told = house.ask("POST", "/act", &ours, &body).await;
        assert_eq!(told.status, StatusCode::FORBIDDEN, "{body}");
    }
    let told = house.ask("POST", "/api/v1/act", &ours, "").await;
    assert_eq!(told.status, StatusCode::FORBIDDEN);
    let header = [ours[0], ours[1], ours[2], ("x-form-token", token.as_str())];
    let told = house.ask("POST", "/api/v1/act", &header, "").await;
    assert_eq!(told.status, StatusCode::OK);
}

#[tokio::test]
async fn a_reader_looks_and_does_not_act() {
    let house = House::with_tokens();
    let (cookie, token) = house.inside(VIEWER);
    let headers = [("cookie", cookie.as_str())];
    let told = house.ask("GET", "/page", &headers, "").await;
    assert_eq!(told.status, StatusCode::OK);
    let body = format!("form_token={token}");
    let told = house.ask("POST", "/act", &headers, &body).await;
    assert_eq!(told.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_other_sites_and_plain_http() {
    let house = House::with_tokens();
    let cookie = house.login(ADMIN, &[]).unwrap();
    for word in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains(ADMIN));
}

#[tokio::test]
async fn after_a_logout_and_after_a_night_nobody_is_inside() {
    let house = House::with_tokens();
    let (cookie, token) = house.inside(VIEWER);
    let headers = [("cookie", cookie.as_str())];
    let request = Request::builder().header("cookie", &cookie);
    let (parts, ()) = request.body(()).unwrap().into_parts();
    assert!(house.door.logout(&parts, "another").is_err());
    let told = house.ask("GET", "/page", &headers, "").await;
    assert_eq!(told.status, StatusCode::OK);
    assert!(house.door.logout(&parts, &token).is_ok());
    let told = house.ask("GET", "/page", &headers, "").await;
    assert_eq!(told.status, StatusCode::SEE_OTHER);
    let (cookie, _) = house.inside(ADMIN);
    house.hands.0.store(13 * 3_600_000, Ordering::Relaxed);
    let headers = [("cookie", cookie.as_str())];
    let told = house.ask("GET", "/page", &headers, "").await;
    assert_eq!(told.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn wrong_tokens_make_an_address_wait_even_for_the_right_one() {
    let house = House::with_tokens();
    while house.login("guess", &[]) == Err(Reason::WrongToken) {}
    assert!(matches!(
        house.login(ADMIN, &[]),
        Err(Reason::TooMany(wait)) if Duration::ZERO < wait
    ));
    let bearer = format!("Bearer {ADMIN}");
    let headers = [("authorization", bearer.as_str())];
    let told = house.ask("GET", "/api/v1/page", &headers, "").await;
    assert_eq!(told.status, StatusCode::TOO_MANY_REQUESTS);
    assert_ne!(told.header("retry-after"), "");
    house.hands.0.store(3_600_000, Ordering::Relaxed);
    assert!(house.login(ADMIN, &[]).is_ok());
}

#[tokio::test]
async fn without_a_token_only_this_machine_under_its_own_name_is_let_in() {
    let house = House::new(AdminAccess::LoopbackOnly);
    let check =
        async |headers: &[(&str, &str)]| house.ask("GET", "/api/v1/page", headers, "").await.status;
    for host in ["127.0.0.1:8080", "localhost", "[::1]:8080"] {
        assert_eq!(check(&[("host", host)]).await, StatusCode::OK, "{host}");
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example:8080",
        "10.0.0.1",
        "",
    ] {
        let told = check(&[("host", host)]).await;
        assert_eq!(told, StatusCode::FORBIDDEN, "{host}");
    }
    let proxied = [("host", "localhost"), ("x-forwarded-for", "203.0.113.9")];
    assert_eq!(check(&proxied).await, StatusCode::FORBIDDEN);
    let forged = [("host", "localhost"), ("origin", "https://evil.example")];
    let told = house.ask("POST", "/act", &forged, "what=park").await;
    assert_eq!(told.status, StatusCode::FORBIDDEN);
    let bare = [("host", "localhost")];
    let told = house.ask("POST", "/act", &bare, "what=park").await;
    assert_eq!(told.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_service_that_is_off_answers_nobody() {
    let house = House::new(AdminAccess::Off);
    let told = house
        .ask("GET", "/page", &[("host", "localhost")], "")
        .await;
    assert_eq!(told.status, StatusCode::FORBIDDEN);
    assert!(told.body.contains("ONEDEAL_ADMIN_TOKEN"));
    assert_eq!(house.login(ADMIN, &[]), Err(Reason::Off));
}

#[tokio::test]
async fn a_login_form_of_another_site_is_refused() {
    let house = House::with_tokens();
    let theirs = [
        ("host", "sync.example.com"),
        ("origin", "https://evil.example"),
    ];
    assert_eq!(house.login(ADMIN, &theirs), Err(Reason::OtherSite));
}
