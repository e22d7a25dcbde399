//! The catalogue, and rows that name a product.

use rust_decimal::Decimal;
use serde_json::json;

use super::super::{Portal, PortalConfig, Product};
use super::{add_deal, call, quick, run};

fn stocked() -> Portal {
    let product = |id, name: &str, xml_id: &str| {
        Product::new(id, name, xml_id, Decimal::new(14990, 2), "EUR")
    };
    Portal::new(PortalConfig {
        products: vec![
            product(11, "Mug", "sku_1"),
            product(12, "Cup", "skuX1"),
            product(13, "Jug", "SKU-3"),
        ],
        ..quick()
    })
}

async fn ids(portal: &Portal, filter: serde_json::Value) -> Vec<String> {
    let answer = call(
        portal,
        "crm.product.list",
        json!({"filter": filter, "select": ["ID"]}),
    )
    .await;
    let rows = answer.json["result"].as_array().cloned().unwrap();
    rows.iter()
        .map(|row| row["ID"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_product_shows_texts_for_ids_and_prices() {
    run(async {
        let portal = stocked();
        let answer = call(
            &portal,
            "crm.product.list",
            json!({"filter": {"=XML_ID": "SKU-3"}}),
        )
        .await;
        let row = &answer.json["result"][0];
        assert_eq!(
            (
                &row["ID"],
                &row["NAME"],
                &row["XML_ID"],
                &row["PRICE"],
                &row["CURRENCY_ID"]
            ),
            (
                &json!("13"),
                &json!("Jug"),
                &json!("SKU-3"),
                &json!("149.90"),
                &json!("EUR")
            )
        );
        assert_eq!(
            (&row["ACTIVE"], &row["CATALOG_ID"], &row["SECTION_ID"]),
            (&json!("Y"), &json!("25"), &json!(null))
        );
        assert_eq!(answer.json["total"], 1);
        let answer = call(
            &portal,
            "crm.product.list",
            json!({"select": ["*", "NAME"], "order": {"ID": "DESC"}}),
        )
        .await;
        assert_eq!(answer.json["result"][0], json!({"ID": "13", "NAME": "Jug"}));
    });
}

#[test]
fn an_external_id_is_exact_only_behind_an_equals_sign() {
    run(async {
        let portal = stocked();
        assert_eq!(ids(&portal, json!({"=XML_ID": "sku_1"})).await, ["11"]);
        assert_eq!(ids(&portal, json!({"=XML_ID": "SKU_1"})).await, ["11"]);
        assert_eq!(
            ids(&portal, json!({"=XML_ID": ["sku_1", "SKU-3"]})).await,
            ["11", "13"]
        );
        assert_eq!(ids(&portal, json!({"XML_ID": "sku_1"})).await, ["11", "12"]);
        assert_eq!(
            ids(&portal, json!({"XML_ID": ["SKU-3", "none"]})).await,
            ["13"]
        );
        assert_eq!(ids(&portal, json!({"%XML_ID": "-3"})).await, ["13"]);
    });
}

#[test]
fn conditions_that_the_catalogue_does_not_know_are_dropped() {
    run(async {
        let portal = stocked();
        for filter in [
            json!({"@XML_ID": ["sku_1"]}),
            json!({"=XML_ID": ""}),
            json!({"=XML_ID": []}),
            json!({"=EXTERNAL_ID": "sku_1"}),
            json!({"CATALOG_ID": 99}),
        ] {
            assert_eq!(ids(&portal, filter.clone()).await.len(), 3, "{filter}");
        }
    });
}

#[test]
fn products_are_added_read_and_deleted() {
    run(async {
        let portal = stocked();
        let fields = json!({"fields": {"NAME": "Pot", "XML_ID": "sku_1", "PRICE": "5", "CURRENCY_ID": "USD"}});
        let answer = call(&portal, "crm.product.add", fields).await;
        assert_eq!(answer.json["result"], 14);
        assert_eq!(
            ids(&portal, json!({"=XML_ID": "sku_1"})).await,
            ["11", "14"]
        );
        let answer = call(&portal, "crm.product.get", json!({"id": 14})).await;
        assert_eq!(answer.json["result"]["PRICE"], "5.00");
        let delete = json!({"id": 14});
        assert_eq!(
            call(&portal, "crm.product.delete", delete.clone())
                .await
                .json["result"],
            true
        );
        let again = call(&portal, "crm.product.delete", delete.clone()).await;
        assert_eq!((again.status, &again.json["error"]), (400, &json!("")));
        let gone = call(&portal, "crm.product.get", delete).await;
        assert_eq!(gone.json["error_description"], "Product is not found.");
        let nameless = call(&portal, "crm.product.add", json!({"fields": {"PRICE": 1}})).await;
        assert_eq!(nameless.status, 400);
    });
}

#[test]
fn a_product_without_an_external_id_answers_to_its_own() {
    run(async {
        let portal = stocked();
        let fields = json!({"fields": {"NAME": "Pot"}});
        assert_eq!(
            call(&portal, "crm.product.add", fields).await.json["result"],
            14
        );
        assert_eq!(ids(&portal, json!({"=XML_ID": "14"})).await, ["14"]);
    });
}

#[test]
fn products_come_in_pages_of_fifty() {
    run(async {
        let portal = Portal::new(quick());
        for number in 1..=60 {
            let name = format!("Product {number}");
            portal.add_product(7, Product::new(0, &name, &name, Decimal::ONE, "EUR"));
        }
        let first = call(&portal, "crm.product.list", json!({})).await;
        assert_eq!(
            (&first.json["next"], &first.json["total"]),
            (&json!(50), &json!(60))
        );
        let last = call(&portal, "crm.product.list", json!({"start": 50})).await;
        assert_eq!(last.json["result"].as_array().unwrap().len(), 10);
        assert_eq!(last.json.get("next"), None);
        let uncounted = call(&portal, "crm.product.list", json!({"start": -1})).await;
        assert_eq!(
            (&uncounted.json["total"], uncounted.json.get("next")),
            (&json!(0), None)
        );
    });
}

#[test]
fn a_row_takes_name_and_measure_from_its_product_unless_it_has_its_own() {
    run(async {
        let portal = Portal::new(quick());
        let mut wine = Product::new(40, "Wine", "w", Decimal::TEN, "EUR");
        wine.measure_code = 112;
        portal.add_product(7, wine);
        let deal = add_deal(&portal, json!({})).await;
        let set = json!({"ownerType": "D", "ownerId": deal, "productRows": [
            {"productId": 40, "price": 10},
            {"productId": 40, "productName": "Red wine", "measureCode": 796, "price": 10},
            {"productId": 99, "price": 10},
        ]});
        let answer = call(&portal, "crm.item.productrow.set", set).await;
        assert_eq!(answer.status, 200);
        let rows = portal.deal(deal).unwrap().rows;
        let shown: Vec<_> = rows
            .iter()
            .map(|row| (row.product_id, row.product_name.as_str(), row.measure_code))
            .collect();
        assert_eq!(
            shown,
            [(40, "Wine", 112), (40, "Red wine", 796), (99, "", 796)]
        );
        assert!(portal.delete_product(40) && !portal.delete_product(40));
        assert_eq!(portal.deal(deal).unwrap().rows.len(), 3);
    });
}

#[test]
fn the_catalogue_module_has_a_scope_of_its_own() {
    run(async {
        let list = json!({"select": ["id", "iblockId", "xmlId"], "filter": {"iblockId": 25, "=xmlId": ["sku_1"]}});
        let refused = call(&stocked(), "catalog.product.list", list.clone()).await;
        assert_eq!(refused.json["error"], "insufficient_scope");
        let portal = Portal::new(PortalConfig {
            scopes: vec!["catalog".to_owned()],
            products: vec![Product::new(11, "Mug", "sku_1", Decimal::ONE, "EUR")],
            ..quick()
        });
        let answer = call(&portal, "catalog.product.list", list).await;
        assert_eq!(
            answer.json["result"]["products"],
            json!([{"id": 11, "iblockId": 25, "xmlId": "sku_1"}])
        );
        let bare = call(&portal, "catalog.product.list", json!({"select": ["id"]})).await;
        assert_eq!((bare.status, &bare.json["error"]), (400, &json!(0)));
    });
}
