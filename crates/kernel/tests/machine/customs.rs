//! A shop's own mapping: fields that people may take over, stage rules, links to the catalogue, deals that are not wanted
//! or made again.

use jiff::tz::TimeZone;
use kernel::{
    DealId,
    command::Decision,
    deal::{FieldValue, Semantic, field},
    event::Event,
    mapping::{Directory, FieldInfo, Funnel, Mapping, ORDER_FIELD_DEFAULT, Stage},
    order::{Fulfillment, Line, Order, Payment},
    presence::Presence,
    remark::Remark,
    state::{Notice, ParkReason, Parked},
};

use crate::support::{Fate, Story, orders::order, text};

fn mapping(file: &str) -> Mapping {
    let file = toml::from_str(file).expect("a well-formed mapping");
    let mapping = Mapping::default()
        .with_file(&file, TimeZone::UTC)
        .expect("a mapping without mistakes");
    mapping.on_portal(directory())
}

fn directory() -> Directory {
    let stage = |id: &str, name: &str, semantic| Stage {
        id: id.to_owned(),
        name: name.to_owned(),
        semantic,
    };
    let funnel = |id, name: &str, prefix: &str| Funnel {
        id,
        name: name.to_owned(),
        stages: vec![
            stage(&format!("{prefix}NEW"), "New", Semantic::Process),
            stage(&format!("{prefix}EXECUTING"), "In work", Semantic::Process),
            stage(&format!("{prefix}UC_PAID"), "Paid", Semantic::Process),
            stage(&format!("{prefix}WON"), "Done", Semantic::Success),
            stage(&format!("{prefix}LOSE"), "Lost", Semantic::Failure),
        ],
    };
    let delivery = FieldInfo {
        title: "Delivery".to_owned(),
        kind: "enumeration".to_owned(),
        labels: vec![("44".to_owned(), "Courier".to_owned())],
        ..FieldInfo::default()
    };
    Directory {
        funnels: vec![funnel(0, "General", ""), funnel(9, "Shop", "C9:")],
        fields: [("UF_CRM_DELIVERY".to_owned(), delivery)].into(),
        currencies: ["EUR".to_owned()].into(),
    }
}

/// A story whose deal exists already, under a mapping.
fn linked(file: &str) -> Story {
    let mut story = Story::new();
    story.world.mapping = mapping(file);
    story.seen(&order(0, 100));
    story.live(30);
    story.lines();
    story
}

const TRACKING: &str = r#"
[fields.UF_CRM_TRACKING]
text = "{{ order.tracking_numbers | join(', ') }}"
owner = "if_untouched"

[fields.comments]
text = "{{ order.note }}"
"#;

fn sent(second: i64, number: &str) -> Order {
    Order {
        tracking_numbers: [number.to_owned()].into(),
        ..order(second, 100)
    }
}

#[test]
fn a_field_is_written_while_nobody_touched_it() {
    let mut story = linked(TRACKING);
    story.seen(&sent(5, "A1"));
    story.live(60);
    story.seen(&sent(6, "A2"));
    story.live(60);
    assert_eq!(
        story.lines(),
        ["read 1", "update 1:", "read 1", "update 1:"]
    );
    assert_eq!(story.deal(1).fields["UF_CRM_TRACKING"], text("A2"));
}

#[test]
fn a_field_that_a_person_changed_is_theirs_for_good() {
    let mut story = linked(TRACKING);
    story.seen(&sent(5, "A1"));
    story.live(60);
    let deal = story.person_changes(1);
    deal.fields
        .insert("UF_CRM_TRACKING".to_owned(), text("see the file"));
    story.lines();
    for second in 6..9 {
        story.seen(&sent(second, &format!("A{second}")));
        story.live(60);
    }
    assert_eq!(
        story.deal(1).fields["UF_CRM_TRACKING"],
        text("see the file")
    );
    let left = "leave UF_CRM_TRACKING, touched true";
    assert_eq!(
        story.lines(),
        ["read 1", left, "read 1", left, "read 1", left]
    );
}

#[test]
fn a_field_that_a_person_cleared_stays_empty() {
    let mut story = linked(TRACKING);
    story.seen(&sent(5, "A1"));
    story.live(60);
    let deal = story.person_changes(1);
    deal.fields.insert("UF_CRM_TRACKING".to_owned(), text(""));
    story.seen(&sent(6, "A2"));
    story.live(60);
    assert_eq!(story.deal(1).fields["UF_CRM_TRACKING"], text(""));
}

#[test]
fn a_value_that_stood_there_already_and_was_cleared_stays_empty() {
    let mut story = linked(TRACKING);
    let deal = story.person_changes(1);
    deal.fields.insert("UF_CRM_TRACKING".to_owned(), text("A1"));
    story.seen(&sent(5, "A1"));
    story.live(60);
    assert_eq!(
        story.lines(),
        ["read 1", "leave UF_CRM_TRACKING, touched false"]
    );
    let deal = story.person_changes(1);
    deal.fields.insert("UF_CRM_TRACKING".to_owned(), text(""));
    story.seen(&sent(6, "A2"));
    story.live(60);
    assert_eq!(story.deal(1).fields["UF_CRM_TRACKING"], text(""));
}

#[test]
fn what_a_lost_answer_may_have_written_counts_as_ours() {
    let mut story = linked(TRACKING);
    story.fates.extend([Fate::AnswerLost]);
    story.seen(&sent(5, "A1"));
    story.live(2);
    story.seen(&sent(6, "A2"));
    story.live(1_000);
    assert_eq!(story.deal(1).fields["UF_CRM_TRACKING"], text("A2"));
}

#[test]
fn a_found_deal_gets_the_fields_that_its_create_may_have_lost() {
    let mut story = Story::new();
    story.world.mapping = mapping(TRACKING);
    story.fates.extend([Fate::AnswerLost]);
    story.seen(&sent(0, "A1"));
    story.live(1);
    // The portal broke off before the user fields.
    if let Some(deal) = story.portal.deals.get_mut(&DealId(1)) {
        deal.fields.remove("UF_CRM_TRACKING");
        deal.fields.remove(ORDER_FIELD_DEFAULT);
    }
    story.live(1_000);
    assert_eq!(story.deal(1).fields["UF_CRM_TRACKING"], text("A1"));
}

#[test]
fn a_field_of_a_found_deal_that_a_person_cleared_meanwhile_stays_empty() {
    let mut story = Story::new();
    story.world.mapping = mapping(TRACKING);
    story.fates.extend([Fate::AnswerLost]);
    story.seen(&sent(0, "A1"));
    story.live(1);
    story.person_changes(1).fields.remove("UF_CRM_TRACKING");
    story.live(1_000);
    assert!(!story.deal(1).fields.contains_key("UF_CRM_TRACKING"));
}

const STAGES: &str = r#"
funnel = "Shop"

[[stage]]
when = "order.cancelled"
to = "Lost"
from = ["open", "won"]

[[stage]]
when = "order.payment == 'paid' and order.fulfillment == 'fulfilled'"
to = "WON"
from = ["open"]

[[stage]]
when = "order.payment == 'paid'"
to = "Paid"
"#;

fn paid(second: i64) -> Order {
    Order {
        payment: Payment::Paid,
        ..order(second, 100)
    }
}

fn stage_of(story: &Story) -> String {
    story.deal(1).text(field::STAGE).unwrap_or_default()
}

#[test]
fn a_deal_begins_in_the_named_funnel() {
    let story = linked(STAGES);
    assert_eq!(stage_of(&story), "C9:NEW");
    assert_eq!(
        story.deal(1).fields[field::CATEGORY],
        FieldValue::Number(9.into())
    );
}

#[test]
fn a_rule_moves_a_deal_from_where_we_put_it() {
    let mut story = linked(STAGES);
    story.seen(&paid(5));
    story.live(60);
    assert_eq!(stage_of(&story), "C9:UC_PAID");
}

#[test]
fn a_stage_that_a_manager_chose_is_left_alone_unless_a_rule_names_it() {
    let mut story = linked(STAGES);
    let deal = story.person_changes(1);
    deal.fields
        .insert(field::STAGE.to_owned(), text("C9:EXECUTING"));
    story.seen(&paid(5));
    story.live(60);
    assert_eq!(stage_of(&story), "C9:EXECUTING");
    let done = Order {
        fulfillment: Fulfillment::Fulfilled,
        ..paid(6)
    };
    story.seen(&done);
    story.live(60);
    assert_eq!(stage_of(&story), "C9:WON");
}

#[test]
fn an_update_never_throws_a_managers_stage_back_to_the_first() {
    let mut story = linked(STAGES);
    let deal = story.person_changes(1);
    deal.fields
        .insert(field::STAGE.to_owned(), text("C9:EXECUTING"));
    for second in 5..9 {
        story.seen(&order(second, 100 + second));
        story.live(300);
    }
    assert_eq!(stage_of(&story), "C9:EXECUTING");
}

#[test]
fn a_deal_that_was_moved_to_another_funnel_follows_its_rules_there() {
    let mut story = linked(STAGES);
    let deal = story.person_changes(1);
    deal.fields
        .insert(field::STAGE.to_owned(), text("EXECUTING"));
    let cancelled = Order {
        cancelled: true,
        ..order(5, 100)
    };
    story.seen(&cancelled);
    story.live(60);
    assert_eq!(stage_of(&story), "LOSE");
}

#[test]
fn a_rule_that_names_a_funnel_moves_the_deal_there() {
    let mut story = linked(
        "[[stage]]\nwhen = \"order.payment == 'paid'\"\nto = \"In work\"\nfunnel = \"Shop\"\n",
    );
    story.seen(&paid(5));
    story.live(60);
    let deal = story.deal(1);
    assert_eq!(deal.text(field::STAGE).as_deref(), Some("C9:EXECUTING"));
    assert_eq!(deal.fields[field::CATEGORY], FieldValue::Number(9.into()));
}

const DELETED: &str = "[[stage]]\nwhen = \"order.deleted\"\nto = \"LOSE\"\n";

#[test]
fn a_rule_may_move_the_deal_of_an_order_that_was_deleted_in_the_shop() {
    let mut story = linked(DELETED);
    story.happens(&Event::DeletedInShop);
    story.live(60);
    assert_eq!(stage_of(&story), "LOSE");
    assert!(story.state.notices.contains(&Notice::DeletedInShop));

    // A webhook that comes later than the deletion does not bring the order back.
    let deal = story.person_changes(1);
    deal.fields.insert(field::STAGE.to_owned(), text("NEW"));
    story.seen(&order(5, 200));
    story.live(300);
    assert_eq!(stage_of(&story), "NEW", "a rule moves a deal once");
    assert!(
        story
            .state
            .newest
            .as_ref()
            .is_some_and(|it| it.order.beside.deleted)
    );
}

#[test]
fn an_order_whose_deletion_came_first_is_deleted_all_the_same() {
    let mut story = Story::new();
    story.world.mapping = mapping(DELETED);
    story.happens(&Event::DeletedInShop);
    story.seen(&order(0, 100));
    story.live(60);
    assert_eq!(stage_of(&story), "LOSE");
}

#[test]
fn a_closed_deal_stays_closed() {
    let mut story = linked(STAGES);
    let deal = story.person_changes(1);
    deal.fields.insert(field::STAGE.to_owned(), text("C9:LOSE"));
    story.seen(&paid(5));
    story.live(60);
    assert_eq!(stage_of(&story), "C9:LOSE");
}

#[test]
fn a_rule_that_fails_costs_its_field_and_nothing_else_and_is_told_once() {
    let file =
        "[fields.UF_CRM_DELIVERY]\nvalue = \"order.source\"\nas = \"label\"\nowner = \"always\"\n";
    let mut story = linked(file);
    let drone = |second| Order {
        source: Some("drone".to_owned()),
        ..order(second, 100 + second)
    };
    let told = |remarks: Vec<Remark>| {
        let is = |it: &&Remark| matches!(it, Remark::Unmapped(_));
        remarks.iter().filter(is).count()
    };
    assert_eq!(told(story.seen(&drone(5))), 1);
    story.live(60);
    assert_eq!(told(story.seen(&drone(6))), 0);
    story.live(60);
    assert_eq!(story.deal(1).amount(), "106.00");
    assert_eq!(story.deal(1).fields.get("UF_CRM_DELIVERY"), Some(&text("")));
    assert!(story.state.parked.is_none());
    let notice = |it: &Notice| matches!(it, Notice::Unmapped(_));
    assert!(story.state.notices.iter().any(notice));
    let courier = Order {
        source: Some("courier".to_owned()),
        ..order(7, 100)
    };
    story.seen(&courier);
    story.live(60);
    assert!(!story.state.notices.iter().any(notice));
    assert_eq!(
        story.deal(1).fields["UF_CRM_DELIVERY"],
        FieldValue::Number(44.into())
    );
}

fn mugs(second: i64, variants: &[u64]) -> Order {
    Order {
        lines: variants
            .iter()
            .map(|variant| Line {
                name: format!("Mug {variant}"),
                variant: Some(*variant),
                quantity: 1,
                current_quantity: 1,
                price: 50.into(),
                ..Line::default()
            })
            .collect(),
        ..order(second, 50 * variants.len() as i64)
    }
}

#[test]
fn rows_are_linked_to_the_products_that_the_catalogue_knows() {
    let mut story = Story::new();
    story.portal.products.insert(45, 7);
    story.seen(&mugs(0, &[45, 46]));
    story.live(30);
    assert_eq!(story.lines(), ["look, products too", "create", "rows 1"]);
    let products: Vec<_> = story.deal(1).rows.iter().map(|it| it.product).collect();
    assert_eq!(products, [Some(7), None]);
}

#[test]
fn a_product_of_a_later_line_is_looked_up_before_the_rows_are_said_and_the_others_stay_as_they_are()
{
    let mut story = Story::new();
    story.portal.products.insert(45, 7);
    story.seen(&mugs(0, &[45, 46]));
    story.live(30);
    story.lines();
    // The catalogue changes meanwhile: rows that are said are not said again for that.
    story.portal.products = [(45, 9), (46, 8), (47, 3)].into();
    story.seen(&mugs(5, &[45, 46, 47]));
    story.live(30);
    assert_eq!(
        story.lines(),
        ["update 1: fields", "look, products too", "rows 1"]
    );
    let products: Vec<_> = story.deal(1).rows.iter().map(|it| it.product).collect();
    assert_eq!(products, [Some(7), None, Some(3)]);
}

#[test]
fn an_order_that_the_mapping_does_not_want_gets_no_deal_until_it_does() {
    let mut story = Story::new();
    story.world.mapping = mapping("create_when = \"order.payment == 'paid'\"\n");
    let remarks = story.seen(&order(0, 100));
    assert!(remarks.contains(&Remark::Unwanted));
    assert_eq!(story.live(1_000), Decision::Rest);
    assert!(story.portal.deals.is_empty());
    assert_eq!(story.state.phase(), "unwanted");
    story.seen(&paid(5));
    story.live(60);
    assert_eq!(story.portal.deals.len(), 1);
}

/// A linked deal that a person deletes.
fn deleted(policy: &str) -> Story {
    let mut story = linked(&format!("recreate = \"{policy}\"\n"));
    story.portal.deals.remove(&DealId(1));
    story
}

#[test]
fn a_deleted_deal_is_made_again_only_as_the_policy_says() {
    for (policy, after_change, after_payment) in
        [("never", 0, 0), ("on_payment", 0, 1), ("always", 1, 1)]
    {
        let mut story = deleted(policy);
        story.seen(&order(5, 80));
        story.live(1_000);
        assert_eq!(story.portal.deals.len(), after_change, "{policy}, a change");
        story.seen(&paid(6));
        story.live(1_000);
        assert_eq!(
            story.portal.deals.len(),
            after_payment,
            "{policy}, a payment"
        );
    }
}

#[test]
fn a_payment_that_is_the_first_news_after_the_deletion_makes_the_deal_again_too() {
    let mut story = deleted("on_payment");
    story.seen(&paid(5));
    story.live(1_000);
    assert_eq!(story.portal.deals.len(), 1);
    assert!(story.concluded(&Remark::Recreated(DealId(1))));
    assert!(matches!(story.state.presence, Presence::Linked(_)));
}

#[test]
fn a_deal_that_is_there_is_not_made_again() {
    let mut story = linked("recreate = \"always\"\n");
    for second in 5..9 {
        story.seen(&order(second, 100 - second));
        story.live(300);
    }
    assert_eq!(story.portal.deals.len(), 1);
}

#[test]
fn another_mapping_wakes_an_order_that_was_parked_for_its_content() {
    let mut story = linked("");
    story.state.parked = Some(Parked {
        why: ParkReason::Refused("CRM_FIELD_ERROR_VALUE_NOT_VALID".to_owned()),
        until: None,
        by: story.world.process,
        mapping: Some(story.world.mapping.fingerprint().clone()),
    });
    story.seen(&order(0, 100));
    story.turn();
    assert!(story.state.parked.is_some());
    story.world.mapping = mapping("[fields.title]\ntext = \"Shop {{ order.name }}\"\n");
    story.turn();
    assert!(story.state.parked.is_none());
}
