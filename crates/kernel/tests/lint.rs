//! A mapping beside what a portal offers: each mistake is named with its place and its remedy.

use kernel::{
    deal::Semantic,
    mapping::{Directory, FieldInfo, Finding, Funnel, Mapping, MappingFile, Severity, Stage},
};

fn info(kind: &str) -> FieldInfo {
    FieldInfo {
        kind: kind.to_owned(),
        ..FieldInfo::default()
    }
}

fn directory() -> Directory {
    let stage = |id: &str, name: &str, semantic| Stage {
        id: id.to_owned(),
        name: name.to_owned(),
        semantic,
    };
    let labels = [("44", "Courier"), ("45", "Post")];
    let sources = [("WEB", "Website"), ("CALL", "Call")];
    let pairs = |of: [(&str, &str); 2]| of.map(|(id, it)| (id.to_owned(), it.to_owned()));
    Directory {
        funnels: vec![
            Funnel {
                id: 0,
                name: "General".to_owned(),
                stages: vec![
                    stage("NEW", "New", Semantic::Process),
                    stage("EXECUTING", "In progress", Semantic::Process),
                    stage("WON", "Won", Semantic::Success),
                ],
            },
            Funnel {
                id: 9,
                name: "Shop".to_owned(),
                stages: vec![
                    stage("C9:NEW", "New", Semantic::Process),
                    stage("C9:UC_PACK", "To pack", Semantic::Process),
                ],
            },
        ],
        fields: [
            ("UF_CRM_1742556489", info("string")),
            ("title", info("string")),
            (
                "UF_CRM_TAGS",
                FieldInfo {
                    multiple: true,
                    ..info("string")
                },
            ),
            (
                "UF_CRM_DELIVERY",
                FieldInfo {
                    labels: pairs(labels).to_vec(),
                    ..info("enumeration")
                },
            ),
            (
                "sourceId",
                FieldInfo {
                    labels: pairs(sources).to_vec(),
                    ..info("crm_status")
                },
            ),
            ("UF_CRM_DUE", info("date")),
        ]
        .map(|(name, it)| (name.to_owned(), it))
        .into(),
        currencies: ["EUR".to_owned()].into(),
    }
}

fn lint(file: &str) -> Vec<Finding> {
    let file = rules(file);
    let mapping = Mapping::default().with_file(&file, jiff::tz::TimeZone::UTC);
    mapping.expect("rules that can be read").lint(&directory())
}

/// The rules in JSON, which the kernel's tests can read.
fn rules(json: &str) -> MappingFile {
    serde_json::from_str(json).expect("a mapping file")
}

#[track_caller]
fn check(file: &str, want: &[(Severity, &str, &str, &str)]) {
    let found = lint(file);
    let found: Vec<_> = found
        .iter()
        .map(|it| {
            let (place, problem) = (it.place.as_str(), it.problem.as_str());
            (it.severity, place, problem, it.remedy.as_str())
        })
        .collect();
    assert_eq!(found, want, "{file}");
}

#[test]
fn a_field_of_several_values_wants_a_list() {
    let problem = "the field holds several values and the rule makes one: the portal refuses the whole deal (code 100)";
    let remedy = "write `as = \"texts\"`: one value becomes a list of one";
    for rule in [
        r#"{"text": "{{ order.name }}"}"#,
        r#"{"value": "order.name"}"#,
        r#"{"value": "order.total", "as": "number"}"#,
    ] {
        check(
            &format!(r#"{{"fields": {{"UF_CRM_TAGS": {rule}}}}}"#),
            &[(Severity::Problem, "fields.UF_CRM_TAGS", problem, remedy)],
        );
    }
    for rule in [
        r#"{"value": "order.tags"}"#,
        r#"{"text": "{{ order.name }}", "as": "texts"}"#,
    ] {
        check(&format!(r#"{{"fields": {{"UF_CRM_TAGS": {rule}}}}}"#), &[]);
    }
}

#[test]
fn a_list_in_a_field_of_one_value_loses_all_but_the_first() {
    check(
        r#"{"fields": {"title": {"value": "order.tags"}}}"#,
        &[(
            Severity::Warning,
            "fields.title",
            "the field holds one value and the rule makes several: the portal keeps the first",
            "write `as = \"text\"` and join the values: `{{ order.tags | join(', ') }}`",
        )],
    );
}

#[test]
fn an_entry_that_a_list_lacks_is_named_with_the_nearest_one() {
    check(
        r#"{"fields": {"UF_CRM_DELIVERY": {"text": "Curier", "as": "label"}}}"#,
        &[(
            Severity::Problem,
            "fields.UF_CRM_DELIVERY",
            "the field's list has no entry `Curier`",
            "write `Courier`",
        )],
    );
    check(
        r#"{"fields": {"sourceId": {"text": "Website"}}}"#,
        &[(
            Severity::Problem,
            "fields.sourceId",
            "the field's list has no entry with the id `Website`",
            "write `WEB`, or `as = \"label\"`",
        )],
    );
    check(r#"{"fields": {"sourceId": {"text": "WEB"}}}"#, &[]);
    check(
        r#"{"fields": {"sourceId": {"text": "website", "as": "label"}}}"#,
        &[],
    );
}

#[test]
fn a_word_of_from_is_among_the_nearest_names() {
    check(
        r#"{"stage": [{"when": "true", "to": "EXECUTING", "from": ["opne"]}]}"#,
        &[(
            Severity::Problem,
            "stage[1].from",
            "no funnel has a stage `opne`",
            "write `open`",
        )],
    );
}

#[test]
fn a_stage_of_a_funnel_that_deals_never_come_to_is_found() {
    let rule = r#"{"when": "true", "to": "To pack"}"#;
    check(
        &format!(r#"{{"stage": [{rule}]}}"#),
        &[(
            Severity::Warning,
            "stage[1].to",
            "the stage `To pack` is one of the funnel `Shop`, and deals are created in `General`",
            "add `funnel = \"Shop\"` to the rule, or name a stage of `General`",
        )],
    );
    check(&format!(r#"{{"funnel": "shop", "stage": [{rule}]}}"#), &[]);
    let mover = r#"{"when": "order.test", "to": "NEW", "funnel": 9}"#;
    check(&format!(r#"{{"stage": [{mover}, {rule}]}}"#), &[]);
}

#[test]
fn a_stage_that_is_nowhere_is_named_with_all_there_are_each_once() {
    check(
        r#"{"stage": [{"when": "true", "to": "Zzzzzzzzzzzz"}]}"#,
        &[(
            Severity::Problem,
            "stage[1].to",
            "no funnel has a stage `Zzzzzzzzzzzz`",
            "write one of these: NEW (New), EXECUTING (In progress), WON (Won), UC_PACK (To pack)",
        )],
    );
}

#[test]
fn a_field_of_a_type_of_its_own_wants_its_kind() {
    check(
        r#"{"fields": {"UF_CRM_DUE": {"value": "order.created_at"}}}"#,
        &[(
            Severity::Warning,
            "fields.UF_CRM_DUE",
            "the portal's field is of the type `date`",
            "write `as = \"date\"`",
        )],
    );
}
