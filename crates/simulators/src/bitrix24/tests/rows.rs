//! Product rows and totals.

use serde_json::json;

use super::super::Portal;
use super::{add_deal, call, quick, run};

#[test]
fn rows_replace_all_and_set_the_total_unless_it_is_manual() {
    run(async {
        let portal = Portal::new(quick());
        let manual = add_deal(
            &portal,
            json!({"opportunity": 100, "isManualOpportunity": "Y"}),
        )
        .await;
        let auto = add_deal(&portal, json!({"opportunity": 100})).await;
        assert_eq!(portal.deal(auto).unwrap().opportunity.to_string(), "100");
        for id in [manual, auto] {
            for price in [5, 10] {
                let set = json!({"ownerType": "D", "ownerId": id, "productRows": [{"productName": "a", "price": price, "quantity": 2}]});
                assert_eq!(
                    call(&portal, "crm.item.productrow.set", set).await.status,
                    200
                );
            }
            assert_eq!(portal.deal(id).unwrap().rows.len(), 1);
        }
        assert_eq!(portal.deal(manual).unwrap().opportunity.to_string(), "100");
        assert_eq!(portal.deal(auto).unwrap().opportunity.to_string(), "20");
        call(
            &portal,
            "crm.item.update",
            json!({"entityTypeId": 2, "id": auto, "fields": {"opportunity": 7}}),
        )
        .await;
        assert_eq!(portal.deal(auto).unwrap().opportunity.to_string(), "20");
        call(
            &portal,
            "crm.deal.productrows.set",
            json!({"id": auto, "rows": []}),
        )
        .await;
        assert!(portal.deal(auto).unwrap().opportunity.is_zero());
    });
}

#[test]
fn item_booleans_know_no_ones() {
    run(async {
        let portal = Portal::new(quick());
        for (value, expected) in [
            (json!("Y"), true),
            (json!(true), true),
            (json!(1), false),
            (json!("1"), false),
        ] {
            let id = add_deal(&portal, json!({"isManualOpportunity": value})).await;
            assert_eq!(
                portal.deal(id).unwrap().is_manual_opportunity,
                expected,
                "{value}"
            );
        }
    });
}

#[test]
fn bad_discounts_and_owners_are_refused() {
    run(async {
        let portal = Portal::new(quick());
        let id = add_deal(&portal, json!({})).await;
        let bad =
            json!({"id": id, "rows": [{"PRODUCT_NAME": "a", "PRICE": 1, "DISCOUNT_TYPE_ID": 2}]});
        assert_eq!(
            call(&portal, "crm.deal.productrows.set", bad).await.json["error"],
            "ERROR_CORE"
        );
        let bad = json!({"ownerType": "D", "ownerId": id, "productRows": [{"productName": "a", "price": 1, "discountTypeId": 1}]});
        assert_eq!(
            call(&portal, "crm.item.productrow.set", bad).await.json["error"],
            0
        );
        let nobody = json!({"ownerType": "D", "ownerId": 99, "productRows": []});
        assert_eq!(
            call(&portal, "crm.item.productrow.set", nobody).await.json["error"],
            "OWNER_NOT_FOUND"
        );
        let list = call(
            &portal,
            "crm.item.productrow.list",
            json!({"filter": {"=ownerType": "D", "=ownerId": id}}),
        )
        .await;
        assert_eq!(
            (
                list.json["result"]["productRows"].clone(),
                list.json["total"].as_u64()
            ),
            (json!([]), Some(0))
        );
    });
}
