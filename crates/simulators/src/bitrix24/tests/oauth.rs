//! The local application: its door, its authorization server, its install form.

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::super::query::parse_str;
use super::super::{AppConfig, Portal, PortalConfig, Revoked};
use super::{Answer, call, faults, quick, run, send};

/// An application whose tokens live for 50 ms, so that a test can outlive them.
fn portal(change: impl FnOnce(&mut AppConfig)) -> Portal {
    let mut app = AppConfig::default();
    change(&mut app);
    Portal::new(PortalConfig { app, ..quick() })
}

/// The tokens of an install form: access, then refresh.
fn tokens(form: &str) -> (String, String) {
    let form = parse_str(form);
    let auth = form.get("auth").unwrap().clone();
    let text = |name: &str| auth.get(name).unwrap().string();
    (text("access_token"), text("refresh_token"))
}

async fn with_token(portal: &Portal, token: &str, method: &str) -> Answer {
    let request = Request::post(format!("/rest/{method}"))
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    send(portal, request).await.unwrap()
}

/// Asks the authorization server with the application's own id and secret.
async fn ask(portal: &Portal, kind: &str, field: &str, value: &str) -> Option<(u16, Value)> {
    let app = AppConfig::default();
    let (id, secret) = (app.client_id, app.client_secret);
    ask_as(portal, (&id, &secret), kind, (field, value)).await
}

async fn ask_as(
    portal: &Portal,
    (id, secret): (&str, &str),
    kind: &str,
    (field, value): (&str, &str),
) -> Option<(u16, Value)> {
    let uri = format!(
        "/oauth/token/?grant_type={kind}&client_id={id}&client_secret={secret}&{field}={value}"
    );
    let request = Request::get(uri).body(Body::empty()).unwrap();
    let response = portal.oauth_router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.ok()?.to_bytes();
    Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

async fn refresh(portal: &Portal, token: &str) -> Option<(u16, Value)> {
    ask(portal, "refresh_token", "refresh_token", token).await
}

#[track_caller]
fn refused(answer: &Answer, code: &str) {
    let error = answer.json["error"].as_str();
    assert_eq!((answer.status, error), (401, Some(code)));
}

#[test]
fn an_access_token_opens_the_portal_by_header_or_parameter_and_acts_as_its_user() {
    run(async {
        let portal = portal(|_| {});
        let (access, _) = tokens(&portal.install_app(7));
        let answer = with_token(&portal, &access, "profile").await;
        assert_eq!(answer.json["result"]["ID"], "7");
        for name in ["auth", "access_token"] {
            let path = format!("/rest/profile?{name}={access}");
            let request = Request::get(path).body(Body::empty()).unwrap();
            assert_eq!(send(&portal, request).await.unwrap().status, 200);
        }
        let bound = with_token(&portal, &access, "event.bind").await;
        assert_eq!(bound.json["result"], true);
        refused(
            &with_token(&portal, "guess", "profile").await,
            "invalid_token",
        );
        assert_eq!(
            call(&portal, "profile", json!({})).await.json["result"]["ID"],
            "1"
        );
    });
}

#[test]
fn an_access_token_ends_and_the_refresh_token_buys_the_next_pair_once() {
    run(async {
        let portal = portal(|app| app.access_life_s = 0);
        let (access, first) = tokens(&portal.install_app(1));
        refused(
            &with_token(&portal, &access, "profile").await,
            "expired_token",
        );
        assert!(portal.takes_refresh(&first));
        let (status, pair) = refresh(&portal, &first).await.unwrap();
        assert_eq!(status, 200);
        for name in [
            "client_endpoint",
            "server_endpoint",
            "member_id",
            "domain",
            "scope",
            "status",
        ] {
            assert!(pair[name].is_string(), "{name}");
        }
        assert_eq!(pair["expires_in"], 0);
        assert!(!portal.takes_refresh(&first));
        let (status, again) = refresh(&portal, &first).await.unwrap();
        assert_eq!((status, &again["error"]), (400, &json!("invalid_grant")));
        let second = pair["refresh_token"].as_str().unwrap();
        assert_eq!(refresh(&portal, second).await.unwrap().0, 200);
        assert_eq!(portal.stats().oauth["refreshed"], 2);
    });
}

#[test]
fn an_old_access_token_lives_on_after_a_refresh_or_does_not() {
    for lives in [true, false] {
        run(async move {
            let portal = portal(|app| app.old_access_lives = lives);
            let (access, first) = tokens(&portal.install_app(1));
            refresh(&portal, &first).await.unwrap();
            let answer = with_token(&portal, &access, "profile").await;
            assert_eq!(answer.status, if lives { 200 } else { 401 });
        });
    }
}

#[test]
fn the_authorization_server_knows_client_application_and_grant_type() {
    run(async {
        let portal = portal(|_| {});
        let (_, token) = tokens(&portal.install_app(1));
        let (_, foreign) = tokens(&portal.install_other_app("local.other", 1));
        let app = AppConfig::default();
        let (id, secret) = (app.client_id.as_str(), app.client_secret.as_str());
        let cases = [
            (
                (id, "guess"),
                "refresh_token",
                token.as_str(),
                "invalid_client",
            ),
            (
                ("local.none", secret),
                "refresh_token",
                &token,
                "invalid_client",
            ),
            ((id, secret), "refresh_token", &foreign, "wrong_client"),
            ((id, secret), "refresh_token", "guess", "invalid_grant"),
            ((id, secret), "password", &token, "invalid_request"),
        ];
        for (client, kind, token, code) in cases {
            let asked = ask_as(&portal, client, kind, ("refresh_token", token)).await;
            assert_eq!(asked.unwrap().1["error"], code);
        }
        assert!(portal.takes_refresh(&token));
    });
}

#[test]
fn a_code_is_exchanged_once() {
    run(async {
        let portal = portal(|_| {});
        assert!(portal.authorize_app(3).is_none());
        portal.install_app(1);
        let code = portal.authorize_app(3).unwrap();
        let (status, pair) = ask(&portal, "authorization_code", "code", &code)
            .await
            .unwrap();
        assert_eq!((status, &pair["user_id"]), (200, &json!(3)));
        let (_, again) = ask(&portal, "authorization_code", "code", &code)
            .await
            .unwrap();
        assert_eq!(again["error"], "invalid_grant");
    });
}

#[test]
fn a_removed_application_is_gone_until_it_is_installed_anew() {
    run(async {
        let portal = portal(|_| {});
        let (access, token) = tokens(&portal.install_app(1));
        portal.remove_app();
        let answer = with_token(&portal, &access, "profile").await;
        refused(&answer, "APPLICATION_NOT_FOUND");
        assert_eq!(
            refresh(&portal, &token).await.unwrap().1["error"],
            "invalid_grant"
        );
        let (access, _) = tokens(&portal.install_app(1));
        assert_eq!(with_token(&portal, &access, "profile").await.status, 200);
    });
}

#[test]
fn access_is_revoked_for_a_time_or_until_the_application_is_installed_anew() {
    let ways = [
        (
            Revoked::Credential,
            "APPLICATION_NOT_FOUND",
            Some("invalid_client"),
        ),
        (Revoked::Owner, "authorization_error", None),
        (Revoked::Plan, "ACCESS_DENIED", Some("PAYMENT_REQUIRED")),
    ];
    for (how, code, denial) in ways {
        run(async move {
            let portal = portal(|_| {});
            let (access, token) = tokens(&portal.install_app(1));
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            let from = portal.now_ms();
            faults(&portal, |faults| {
                faults.revoked_ms = Some((from, 1_000_000));
                faults.revoked_as = how;
            });
            refused(&with_token(&portal, &access, "profile").await, code);
            let asked = refresh(&portal, &token).await.unwrap().1;
            assert_eq!(asked["error"].as_str(), denial);
            let (access, _) = tokens(&portal.install_app(1));
            assert_eq!(with_token(&portal, &access, "profile").await.status, 200);
            assert_eq!(call(&portal, "profile", json!({})).await.status, 401);
            faults(&portal, |_| {});
            assert_eq!(call(&portal, "profile", json!({})).await.status, 200);
        });
    }
}

#[test]
fn a_right_that_is_missing_is_refused_alone_and_inside_a_batch() {
    run(async {
        let portal = portal(|app| app.scopes = vec!["user_brief".to_owned()]);
        let (access, _) = tokens(&portal.install_app(1));
        let answer = with_token(&portal, &access, "crm.deal.list").await;
        refused(&answer, "insufficient_scope");
        assert_eq!(
            answer.json["error_description"],
            "The request requires higher privileges than provided by the access token"
        );
        assert_eq!(
            with_token(&portal, &access, "scope").await.json["result"],
            json!(["user_brief"])
        );
        faults(&portal, |faults| faults.narrow_ms = Some((0, 1_000_000)));
        refused(
            &call(&portal, "crm.deal.list", json!({})).await,
            "insufficient_scope",
        );
        assert_eq!(call(&portal, "profile", json!({})).await.status, 200);
    });
}

#[test]
fn operating_time_is_counted_per_door() {
    run(async {
        let portal = portal(|_| {});
        let (access, _) = tokens(&portal.install_app(1));
        faults(&portal, |faults| faults.operating = 1.0);
        call(&portal, "crm.deal.list", json!({})).await;
        faults(&portal, |_| {});
        assert_eq!(call(&portal, "crm.deal.list", json!({})).await.status, 429);
        assert_eq!(
            with_token(&portal, &access, "crm.deal.list").await.status,
            200
        );
    });
}

#[test]
fn the_authorization_server_loses_answers_with_and_without_a_new_pair() {
    run(async {
        let portal = portal(|_| {});
        let (access, first) = tokens(&portal.install_app(1));
        faults(&portal, |faults| faults.oauth_drop_before = 1.0);
        assert!(refresh(&portal, &first).await.is_none());
        faults(&portal, |faults| faults.oauth_html = 1.0);
        assert_eq!(refresh(&portal, &first).await.unwrap(), (502, Value::Null));
        assert!(portal.takes_refresh(&first));
        faults(&portal, |faults| faults.oauth_connection = 1.0);
        refused(
            &with_token(&portal, &access, "profile").await,
            "CONNECTION_ERROR",
        );
        faults(&portal, |faults| faults.oauth_lose_answer = 1.0);
        assert!(refresh(&portal, &first).await.is_none());
        assert!(!portal.takes_refresh(&first));
    });
}

#[test]
fn a_late_authorization_server_works_although_its_caller_left() {
    for share in [0.0, 1.0] {
        run(async move {
            let portal = portal(|_| {});
            let (_, first) = tokens(&portal.install_app(1));
            faults(&portal, |faults| {
                faults.oauth_late = 1.0;
                faults.oauth_late_ms = (20, 20);
                faults.executed_share = share;
            });
            let wait = std::time::Duration::from_millis(5);
            let left = tokio::time::timeout(wait, refresh(&portal, &first)).await;
            assert!(left.is_err());
            assert_eq!(portal.takes_refresh(&first), share == 0.0);
            tokio::time::sleep(std::time::Duration::from_millis(40)).await;
            assert!(!portal.takes_refresh(&first));
        });
    }
}

#[test]
fn the_install_form_is_php_form_data_with_both_tokens() {
    run(async {
        let portal = portal(|_| {});
        let form = portal.install_app(1);
        assert!(form.starts_with("event=ONAPPINSTALL&"), "{form}");
        assert!(
            form.contains("&auth%5Bserver_endpoint%5D=https%3A%2F%2Foauth.bitrix.info%2Frest%2F&")
        );
        let (access, refresh) = tokens(&form);
        assert!(access != refresh && portal.takes_refresh(&refresh));
    });
}

#[test]
fn a_token_may_end_within_a_batch_where_the_portal_looks_at_it_before_each_command() {
    for (checks, done) in [(true, 1), (false, 3)] {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let app = AppConfig {
                access_life_s: 1,
                checks_each_command: checks,
                ..AppConfig::default()
            };
            let portal = Portal::new(PortalConfig {
                app,
                command_ms_default: (1_500, 1_500),
                ..quick()
            });
            let (access, _) = tokens(&portal.install_app(1));
            let batch = json!({"halt": 0, "cmd": {"a": "profile", "b": "profile", "c": "profile"}});
            let request = Request::post("/rest/batch")
                .header("authorization", format!("Bearer {access}"))
                .header("content-type", "application/json")
                .body(Body::from(batch.to_string()))
                .unwrap();
            let answer = send(&portal, request).await.unwrap();
            let result = answer.json["result"]["result"].as_object().unwrap();
            assert_eq!((answer.status, result.len()), (200, done));
            let error = &answer.json["result"]["result_error"]["c"]["error"];
            assert_eq!(error == "expired_token", checks);
        });
    }
}

#[test]
fn a_token_that_ends_within_a_batch_has_ended_for_good() {
    run(async {
        let portal = portal(|app| app.checks_each_command = true);
        let (access, _) = tokens(&portal.install_app(1));
        faults(&portal, |faults| faults.oauth_ends_in_batch = 1.0);
        let batch = json!({"halt": 0, "cmd": {"a": "profile", "b": "profile"}});
        let request = Request::post("/rest/batch")
            .header("authorization", format!("Bearer {access}"))
            .header("content-type", "application/json")
            .body(Body::from(batch.to_string()))
            .unwrap();
        let answer = send(&portal, request).await.unwrap();
        assert_eq!(answer.json["result"]["result"]["a"]["ID"], "1");
        let error = &answer.json["result"]["result_error"]["b"]["error"];
        assert_eq!(error, "expired_token");
        refused(
            &with_token(&portal, &access, "profile").await,
            "expired_token",
        );
    });
}
