use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use simulators::{
    bitrix24::{Portal, ProductRow},
    shopify::{OrderShape, Shop, ShopConfig},
};

use super::*;
use crate::demo::scale;

const FIELD: &str = "UF_CRM_1742556489";

/// One order and the deal it should have, seen from both sides.
struct Scene {
    shop: Shop,
    portal: Portal,
    order: u64,
    deal: u64,
    edits: Edits,
}

impl Scene {
    /// An acknowledged order, and its deal if it has one.
    fn new(with_deal: bool) -> Self {
        let shop = Shop::new(ShopConfig {
            delay_ms: (0, 0),
            ..scale::shop(1, 3)
        });
        let portal = Portal::new(scale::portal(1));
        let order = shop.place_order_like(OrderShape {
            walk_in: Some(true),
            paid: Some(false),
            ..OrderShape::default()
        });
        let mut scene = Self {
            shop,
            portal,
            order,
            deal: 0,
            edits: Edits::default(),
        };
        if with_deal {
            scene.deal = scene.add_deal("Order #1001");
        }
        scene
    }

    fn add_deal(&self, title: &str) -> u64 {
        let truth = self.shop.order(self.order).unwrap();
        let fields = json!({
            "title": title,
            "opportunity": truth.current_total.to_string(),
            "isManualOpportunity": "Y",
            "currencyId": truth.currency,
            "originatorId": "shopify:acme-demo.myshopify.com",
            "originId": self.order.to_string(),
        });
        self.portal.create_deal(1, object(fields))
    }

    fn edit(&self, fields: Value) {
        assert!(self.portal.edit_deal(1, self.deal, object(fields)));
    }

    /// Answers all deliveries and collects both sides; rows are what the amount was at the beginning.
    fn truths(&self) -> Truths {
        let total = self.shop.order(self.order).unwrap().current_total;
        for delivery in self.shop.due() {
            self.shop.report(&delivery, Some(200));
        }
        assert_eq!(self.shop.pending(), 0);
        let mut deals = self.portal.deals();
        for deal in &mut deals {
            deal.rows = vec![row(total)];
        }
        let mut orders = self.shop.orders();
        for order in &mut orders {
            order.email = None;
        }
        Truths {
            orders,
            acknowledged: self.shop.acknowledged(),
            deals,
            contacts: self.portal.contacts(),
            journal: self.portal.journal(),
            edits: self.edits.clone(),
            originator: "shopify:acme-demo.myshopify.com".to_owned(),
            order_field: FIELD.to_owned(),
        }
    }

    #[track_caller]
    fn check(truths: &Truths, expected: &[&str]) {
        let found: Vec<String> = judge(truths)
            .failures
            .iter()
            .map(|it| {
                let reason = serde_json::to_value(&it.reason).unwrap();
                let word = reason.as_str().map(str::to_owned);
                word.unwrap_or_else(|| object(reason).keys().next().unwrap().clone())
            })
            .collect();
        assert_eq!(found, expected);
    }
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else {
        panic!("not an object: {value}");
    };
    map
}

fn row(price: rust_decimal::Decimal) -> ProductRow {
    ProductRow {
        id: 1,
        product_id: 0,
        product_name: "everything".to_owned(),
        price,
        quantity: rust_decimal::Decimal::ONE,
        discount_type_id: 2,
        discount_rate: rust_decimal::Decimal::ZERO,
        discount_sum: rust_decimal::Decimal::ZERO,
        tax_rate: None,
        tax_included: true,
        measure_code: 796,
        measure_name: "pcs".to_owned(),
        sort: 10,
    }
}

#[tokio::test]
async fn an_order_with_its_deal_is_right() {
    let verdict = judge(&Scene::new(true).truths());
    assert!(verdict.holds(), "{verdict:?}");
    assert_eq!((verdict.orders, verdict.exact), (1, 1));
}

#[tokio::test]
async fn an_acknowledged_order_without_a_deal_is_lost() {
    Scene::check(&Scene::new(false).truths(), &["no_deal"]);
}

#[tokio::test]
async fn an_order_of_which_nothing_was_acknowledged_needs_no_deal() {
    let mut truths = Scene::new(false).truths();
    truths.acknowledged.clear();
    Scene::check(&truths, &[]);
}

#[tokio::test]
async fn two_live_deals_are_seen_at_rest_and_at_an_instant() {
    let scene = Scene::new(true);
    scene.add_deal("Order #1001");
    Scene::check(&scene.truths(), &["several_deals", "several_at_an_instant"]);
}

#[tokio::test]
async fn a_second_deal_that_was_deleted_or_flagged_is_seen_at_an_instant_only() {
    let scene = Scene::new(true);
    let second = scene.add_deal("Order #1001");
    assert!(scene.portal.delete_deal(1, second));
    Scene::check(&scene.truths(), &["several_at_an_instant"]);
    let third = scene.add_deal("Order #1001");
    let flag = object(json!({"title": "[DUPLICATE of #1] Order #1001"}));
    assert!(scene.portal.edit_deal(1, third, flag));
    Scene::check(&scene.truths(), &["several_at_an_instant"]);
}

#[tokio::test]
async fn a_deal_that_was_flagged_from_the_beginning_is_no_duplicate() {
    let scene = Scene::new(true);
    scene.add_deal("[DUPLICATE of #1] Order #1001");
    Scene::check(&scene.truths(), &[]);
}

#[tokio::test]
async fn amount_currency_and_rows_are_compared() {
    let scene = Scene::new(true);
    let mut truths = scene.truths();
    truths.deals[0].rows.clear();
    Scene::check(&truths, &["rows"]);
    scene.edit(json!({"currencyId": "USD"}));
    Scene::check(&scene.truths(), &["currency"]);
    scene.edit(json!({"opportunity": "0.01"}));
    Scene::check(&scene.truths(), &["amount"]);
}

#[tokio::test]
async fn an_older_amount_is_right_only_while_the_newer_one_was_not_acknowledged() {
    let scene = Scene::new(true);
    let before = scene.truths();
    assert!(scene.shop.edit(scene.order));
    let mut after = scene.truths();
    Scene::check(&after, &["amount"]);
    after.acknowledged.clone_from(&before.acknowledged);
    after.deals.clone_from(&before.deals);
    Scene::check(&after, &[]);
}

#[tokio::test]
async fn a_cancelled_order_whose_deal_stays_open_is_stale() {
    let scene = Scene::new(true);
    assert!(scene.shop.cancel(scene.order));
    scene.edit(json!({"opportunity": "0"}));
    Scene::check(&scene.truths(), &["stage"]);
    assert!(scene.portal.move_deal(1, scene.deal, "LOSE"));
    Scene::check(&scene.truths(), &[]);
}

#[tokio::test]
async fn a_deal_that_closed_without_a_reason_is_stale() {
    let scene = Scene::new(true);
    assert!(scene.portal.move_deal(1, scene.deal, "WON"));
    Scene::check(&scene.truths(), &["stage"]);
}

#[tokio::test]
async fn what_the_manager_wrote_must_stand() {
    let mut scene = Scene::new(true);
    scene.edits.titles = BTreeMap::from([(scene.deal, "VIP".to_owned())]);
    scene.edits.stages = BTreeMap::from([(scene.deal, "EXECUTING".to_owned())]);
    Scene::check(&scene.truths(), &["managers_stage", "title"]);
    scene.edit(json!({"title": "VIP"}));
    assert!(scene.portal.move_deal(7, scene.deal, "EXECUTING"));
    Scene::check(&scene.truths(), &[]);
}

#[tokio::test]
async fn a_deal_of_no_order_is_a_stranger() {
    let scene = Scene::new(true);
    let fields =
        json!({"title": "x", "originatorId": "shopify:acme-demo.myshopify.com", "originId": "77"});
    scene.portal.create_deal(1, object(fields));
    Scene::check(&scene.truths(), &["stranger"]);
}

#[tokio::test]
async fn a_buyer_needs_the_contact_that_carries_the_address() {
    let mut truths = Scene::new(true).truths();
    truths.orders[0].email = Some("a@example.com".to_owned());
    Scene::check(&truths, &["contact"]);
}
