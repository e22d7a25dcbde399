//! Batches.

use serde_json::{Map, Value, json};

use super::super::Portal;
use super::{add_deal, call, quick, run};

#[test]
fn references_carry_results_to_later_commands() {
    run(async {
        let portal = Portal::new(quick());
        let batch = json!({"halt": 1, "cmd": {
            "a_deal": "crm.item.add?entityTypeId=2&fields%5Btitle%5D=A%26B&fields%5BoriginId%5D=5",
            "b_rows": "crm.item.productrow.set?ownerType=D&ownerId=$result[a_deal][item][id]&productRows%5B0%5D%5BproductName%5D=x&productRows%5B0%5D%5Bprice%5D=2.5",
            "c_found": "crm.item.list?entityTypeId=2&filter%5B%3DoriginId%5D=5&select%5B%5D=id",
            "d_note": "crm.timeline.comment.add?fields[ENTITY_ID]=$result[a_deal][item][id]&fields[ENTITY_TYPE]=deal&fields[COMMENT]=deal+$result[a_deal][item][id]+done",
        }});
        let answer = call(&portal, "batch", batch).await;
        let result = &answer.json["result"];
        assert_eq!(result["result"]["a_deal"]["item"]["title"], "A&B");
        assert_eq!(result["result"]["c_found"]["items"], json!([{"id": 1}]));
        assert_eq!(result["result_total"], json!({"c_found": 1}));
        assert!(
            answer.text.contains("\"result_error\":[]")
                && answer.text.contains("\"result_next\":[]")
        );
        let deal = portal.deal(1).unwrap();
        assert_eq!(
            (
                deal.opportunity.to_string().as_str(),
                deal.timeline_comments[0].as_str()
            ),
            ("2.5", "deal 1 done")
        );
    });
}

#[test]
fn an_unresolved_reference_becomes_the_deepest_array_and_counts_as_one() {
    run(async {
        let portal = Portal::new(quick());
        add_deal(&portal, json!({"title": "innocent"})).await;
        let batch = json!({"halt": 0, "cmd": {
            "a_fine": "profile",
            "b_bad": "crm.item.add?entityTypeId=2",
            "c_hit": "crm.item.update?entityTypeId=2&id=$result[b_bad][item][id]&fields[title]=hit",
        }});
        call(&portal, "batch", batch).await;
        assert_eq!(portal.deal(1).unwrap().title, "hit");
    });
}

#[test]
fn halt_stops_after_the_first_failure_and_any_text_but_zero_is_true() {
    run(async {
        let portal = Portal::new(quick());
        for (halt, ran) in [
            (json!(1), false),
            (json!("false"), false),
            (json!(0), true),
            (json!("0"), true),
        ] {
            let batch = json!({"halt": halt, "cmd": {"a": "crm.deal.get?id=99", "b": "profile"}});
            let answer = call(&portal, "batch", batch).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.json["result"]["result_error"]["a"]["error"], "");
            assert_eq!(
                answer.json["result"]["result"].get("b").is_some(),
                ran,
                "{halt}"
            );
        }
    });
}

#[test]
fn nested_batches_long_batches_and_odd_commands_are_answered_one_by_one() {
    run(async {
        let portal = Portal::new(quick());
        let mut commands: Map<String, Value> = (0..50)
            .map(|index| (format!("c{index:02}"), json!("server.time")))
            .collect();
        commands.insert("z".to_owned(), json!("server.time"));
        let answer = call(&portal, "batch", json!({"cmd": commands})).await;
        assert_eq!(
            answer.json["result"]["result"].as_object().unwrap().len(),
            50
        );
        assert_eq!(
            answer.json["result"]["result_error"]["z"]["error"],
            "ERROR_BATCH_LENGTH_EXCEEDED"
        );
        let answer = call(
            &portal,
            "batch",
            json!({"cmd": ["batch?cmd[a]=profile", {"no": "text"}, "nothing.here"]}),
        )
        .await;
        let errors = &answer.json["result"]["result_error"];
        assert_eq!(errors["0"]["error"], "ERROR_BATCH_METHOD_NOT_ALLOWED");
        assert_eq!(
            (errors.get("1"), errors["2"]["error"].as_str()),
            (None, Some("ERROR_METHOD_NOT_FOUND"))
        );
        let answer = call(&portal, "batch", json!({"cmd": ["server.time", "scope"]})).await;
        assert!(answer.json["result"]["result"].is_array());
    });
}

#[test]
fn a_raw_equals_sign_in_a_key_loses_the_filter() {
    run(async {
        let portal = Portal::new(quick());
        add_deal(&portal, json!({"originId": "1"})).await;
        add_deal(&portal, json!({"originId": "2"})).await;
        let batch = json!({"cmd": {"a": "crm.item.list?entityTypeId=2&filter[=originId]=1", "b": "crm.item.list?entityTypeId=2&filter[%3DoriginId]=1"}});
        let answer = call(&portal, "batch", batch).await;
        assert_eq!(
            answer.json["result"]["result_total"],
            json!({"a": 2, "b": 1})
        );
    });
}
