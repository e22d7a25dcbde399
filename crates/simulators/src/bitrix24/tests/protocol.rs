//! URLs, sign-in, bodies, envelope and limits.

use axum::body::Body;
use http::Request;
use serde_json::json;

use super::super::{Language, Portal, PortalConfig};
use super::{add_deal, call, faults, get, quick, run, send};

#[test]
fn an_unknown_method_is_404_even_with_a_bad_secret_and_errors_carry_no_time() {
    run(async {
        let portal = Portal::new(quick());
        let answer = get(&portal, "/rest/1/wrong/crm.nothing").await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (404, Some("ERROR_METHOD_NOT_FOUND"))
        );
        assert!(answer.json.get("time").is_none());
        let answer = get(&portal, "/rest/1/wrong/crm.deal.list").await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (401, Some("INVALID_CREDENTIALS"))
        );
        let answer = get(&portal, "/rest/crm.deal.list").await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (401, Some("NO_AUTH_FOUND"))
        );
    });
}

#[test]
fn suffix_slash_and_letter_case_of_a_method_do_not_matter() {
    run(async {
        let portal = Portal::new(quick());
        for path in [
            "crm.deal.list",
            "crm.deal.list.json",
            "crm.deal.list.json/",
            "CRM.Deal.List",
        ] {
            assert_eq!(
                get(&portal, &format!("/rest/1/webhookcode/{path}"))
                    .await
                    .status,
                200,
                "{path}"
            );
        }
    });
}

#[test]
fn malformed_json_runs_without_parameters() {
    run(async {
        let portal = Portal::new(quick());
        add_deal(&portal, json!({"title": "a"})).await;
        let broken = |method: &str| {
            Request::post(format!("/rest/1/webhookcode/{method}"))
                .header("content-type", "application/json")
                .body(Body::from("{\"filter\":{\"=ID\":99}"))
                .unwrap()
        };
        let answer = send(&portal, broken("crm.deal.list")).await.unwrap();
        assert_eq!(answer.json["result"].as_array().map(Vec::len), Some(1));
        let answer = send(&portal, broken("crm.item.add")).await.unwrap();
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (400, Some("100"))
        );
        let answer = send(&portal, broken("crm.deal.add")).await.unwrap();
        assert_eq!(
            answer.json["error_description"],
            "Parameter 'fields' must be array."
        );
    });
}

#[test]
fn form_bodies_and_queries_use_php_brackets() {
    run(async {
        let portal = Portal::new(quick());
        let request = Request::post("/rest/1/webhookcode/crm.deal.add?fields[TITLE]=lost")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("fields%5BTITLE%5D=Order+7&fields[ORIGIN_ID]=7"))
            .unwrap();
        let answer = send(&portal, request).await.unwrap();
        let deal = portal
            .deal(answer.json["result"].as_u64().unwrap())
            .unwrap();
        assert_eq!(
            (deal.title.as_str(), deal.origin_id.as_str()),
            ("Order 7", "7")
        );
    });
}

#[test]
fn the_envelope_has_a_whole_start_and_the_families_type_values_differently() {
    run(async {
        let portal = Portal::new(quick());
        let id = add_deal(
            &portal,
            json!({"title": "a", "opportunity": 149.9, "currencyId": "EUR"}),
        )
        .await;
        let item = call(
            &portal,
            "crm.item.get",
            json!({"entityTypeId": 2, "id": id}),
        )
        .await;
        assert!(item.json["time"]["start"].is_i64());
        assert!(item.json["time"]["operating_reset_at"].is_i64());
        assert_eq!(item.json["result"]["item"]["id"], json!(id));
        assert_eq!(item.json["result"]["item"]["opportunity"], json!(149.9));
        let legacy = call(&portal, "crm.deal.get", json!({"ID": id.to_string()})).await;
        assert_eq!(legacy.json["result"]["ID"], json!(id.to_string()));
        assert_eq!(legacy.json["result"]["OPPORTUNITY"], "149.90");
        let deleted = call(
            &portal,
            "crm.item.delete",
            json!({"entityTypeId": 2, "id": id}),
        )
        .await;
        assert!(deleted.text.starts_with("{\"result\":[],"));
    });
}

#[test]
fn a_full_bucket_answers_503_without_executing() {
    run(async {
        let portal = Portal::new(PortalConfig {
            burst: 3.0,
            per_second: 0.001,
            ..quick()
        });
        for _ in 0..3 {
            add_deal(&portal, json!({"title": "a"})).await;
        }
        let answer = call(
            &portal,
            "crm.item.add",
            json!({"entityTypeId": 2, "fields": {}}),
        )
        .await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (503, Some("QUERY_LIMIT_EXCEEDED"))
        );
        assert_eq!(portal.deals().len(), 3);
    });
}

#[test]
fn a_method_over_its_operating_limit_is_429_and_inside_a_batch_an_error_of_its_command() {
    run(async {
        let portal = Portal::new(quick());
        faults(&portal, |faults| faults.operating = 1.0);
        call(&portal, "crm.deal.list", json!({})).await;
        faults(&portal, |_| {});
        let answer = call(&portal, "crm.deal.list", json!({})).await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (429, Some("OPERATION_TIME_LIMIT"))
        );
        let batch = call(
            &portal,
            "batch",
            json!({"halt": 0, "cmd": {"a": "crm.deal.list", "b": "profile"}}),
        )
        .await;
        assert_eq!(batch.status, 200);
        assert_eq!(
            batch.json["result"]["result_error"]["a"]["error"],
            "OPERATION_TIME_LIMIT"
        );
        assert_eq!(batch.json["result"]["result"]["b"]["ID"], "1");
    });
}

#[test]
fn descriptions_follow_the_language_and_codes_do_not() {
    run(async {
        let portal = Portal::new(PortalConfig {
            language: Language::De,
            ..quick()
        });
        let answer = call(&portal, "crm.item.get", json!({"entityTypeId": 2, "id": 5})).await;
        assert_eq!(answer.json["error"], "NOT_FOUND");
        assert_eq!(
            answer.json["error_description"],
            "Element wurde nicht gefunden"
        );
        let answer = call(&portal, "crm.deal.get", json!({"id": 5})).await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (400, Some(""))
        );
        assert_eq!(answer.json["error_description"], "Nicht gefunden");
    });
}

#[test]
fn a_renamed_portal_redirects_requests_to_its_old_host() {
    run(async {
        let portal = Portal::new(quick());
        portal.rename("new.bitrix24.com");
        let request =
            Request::get("/rest/1/webhookcode/profile").header("host", "portal.bitrix24.com");
        let answer = send(&portal, request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status, 302);
        assert_eq!(
            get(&portal, "/rest/1/webhookcode/profile").await.status,
            200
        );
    });
}

#[test]
fn a_revoked_webhook_and_a_missing_scope_are_401() {
    run(async {
        let portal = Portal::new(PortalConfig {
            scopes: vec!["disk".to_owned()],
            ..quick()
        });
        let answer = call(&portal, "crm.deal.list", json!({})).await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (401, Some("insufficient_scope"))
        );
        let batch = call(&portal, "batch", json!({"cmd": {"a": "crm.deal.list"}})).await;
        assert_eq!(
            batch.json["result"]["result_error"]["a"],
            json!({"error": "insufficient_scope", "error_description": ""})
        );
        faults(&portal, |faults| faults.revoked_ms = Some((0, 1_000_000)));
        let answer = call(&portal, "profile", json!({})).await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (401, Some("INVALID_CREDENTIALS"))
        );
        faults(&portal, |_| {});
        let answer = call(&portal, "event.bind", json!({})).await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (403, Some("WRONG_AUTH_TYPE"))
        );
    });
}
