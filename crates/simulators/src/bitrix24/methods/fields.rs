//! Descriptions of fields: `crm.item.fields` and the `fields` methods of the legacy family (docs/facts.md §4).

use super::super::error::RestError;
use super::super::field::{Entity, Family, Field, Kind};
use super::super::php::Php;
use super::super::state::State;
use super::super::user_field::UserField;
use super::{Call, Method, Step, done, items, legacy};

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "crm.item.fields",
        scope: "crm",
        run: item_fields,
    },
    Method {
        name: "crm.deal.fields",
        scope: "crm",
        run: legacy_fields,
    },
    Method {
        name: "crm.contact.fields",
        scope: "crm",
        run: legacy_fields,
    },
    Method {
        name: "crm.company.fields",
        scope: "crm",
        run: legacy_fields,
    },
];

fn item_fields(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = items::entity_of(call)?;
    let mut shown = Php::empty();
    for field in entity.fields() {
        let mut description = plain(entity, field, Family::Item);
        description.set("upperName", Php::text(snake(field.camel)));
        shown.set(field.camel, description);
    }
    if entity != Entity::Deal {
        shown.set("fm", multifield("fm", "FM"));
    } else {
        for field in &state.user_fields {
            let mut description = user(field, field.shown_name());
            description.set("upperName", Php::text(field.name.clone()));
            shown.set(
                &field.name_in(Family::Item, call.original_names()),
                description,
            );
        }
    }
    done(Php::map([("fields", shown)]))
}

fn legacy_fields(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let entity = legacy::entity_of(call);
    let mut shown = Php::empty();
    for field in entity.fields() {
        let name = match (entity, field.upper) {
            (Entity::Company, "CONTACT_IDS") => "CONTACT_ID",
            (_, upper) => upper,
        };
        shown.set(name, plain(entity, field, Family::Legacy));
    }
    if entity != Entity::Deal {
        for (name, title) in [("PHONE", "Phone"), ("EMAIL", "E-mail")] {
            shown.set(name, multifield(title, ""));
        }
    } else {
        for field in &state.user_fields {
            // The title of this family is the technical name; people's words stand in the labels.
            shown.set(&field.name, user(field, &field.name));
        }
    }
    done(shown)
}

fn plain(entity: Entity, field: &Field, family: Family) -> Php {
    let immutable = family == Family::Legacy && field.upper == "CATEGORY_ID";
    let required = matches!(
        (entity, field.upper, family),
        (Entity::Company, "TITLE", Family::Legacy)
            | (
                Entity::Contact,
                "NAME" | "SECOND_NAME" | "LAST_NAME",
                Family::Legacy
            )
            | (_, "OPENED", Family::Item)
    );
    let mut shown = description(
        type_of(field, family),
        required,
        field.read_only,
        immutable,
        field.kind == Kind::Ids,
        false,
    );
    let deprecated = matches!(
        (entity, field.upper),
        (Entity::Deal, "CONTACT_ID") | (Entity::Contact, "COMPANY_ID")
    );
    if deprecated {
        shown.set("isDeprecated", Php::Bool(true));
    }
    if let Some(directory) = directory_of(entity, field.upper) {
        shown.set("statusType", Php::text(directory));
    }
    shown.set("title", Php::text(title(field.upper)));
    let parent = match (entity, field.upper) {
        (Entity::Deal, "COMPANY_ID") => Some(4),
        (_, "LEAD_ID") => Some(1),
        (_, "QUOTE_ID") => Some(7),
        _ => None,
    };
    if let Some(parent) = parent {
        let settings = Php::map([("parentEntityTypeId", Php::Int(parent))]);
        shown.set("settings", settings);
    }
    shown
}

fn user(field: &UserField, title: &str) -> Php {
    let mut shown = description(
        &field.user_type,
        field.mandatory,
        false,
        false,
        field.multiple,
        true,
    );
    if field.user_type == "enumeration" {
        let items = field.items.iter().map(|choice| {
            Php::map([
                ("ID", Php::text(choice.id.to_string())),
                ("VALUE", Php::text(choice.value.clone())),
            ])
        });
        shown.set("items", Php::list(items));
    }
    if field.user_type == "crm_status" {
        let directory = field.settings.get("ENTITY_TYPE").map(Php::from_value);
        shown.set("statusType", directory.unwrap_or_else(|| Php::text("")));
    }
    shown.set("title", Php::text(title));
    for name in ["listLabel", "formLabel", "filterLabel"] {
        shown.set(name, Php::text(field.shown_name()));
    }
    let settings = field
        .settings
        .iter()
        .map(|(name, value)| (name.clone(), Php::from_value(value)));
    shown.set("settings", Php::map(settings));
    shown
}

fn multifield(title: &str, upper: &str) -> Php {
    let mut shown = description("crm_multifield", false, false, false, true, false);
    shown.set("title", Php::text(title));
    if !upper.is_empty() {
        shown.set("upperName", Php::text(upper));
    }
    shown
}

fn description(
    kind: &str,
    required: bool,
    read_only: bool,
    immutable: bool,
    multiple: bool,
    dynamic: bool,
) -> Php {
    Php::map([
        ("type", Php::text(kind)),
        ("isRequired", Php::Bool(required)),
        ("isReadOnly", Php::Bool(read_only)),
        ("isImmutable", Php::Bool(immutable)),
        ("isMultiple", Php::Bool(multiple)),
        ("isDynamic", Php::Bool(dynamic)),
    ])
}

/// The type of a field as the family names it.
fn type_of(field: &Field, family: Family) -> &'static str {
    match field.upper {
        "CATEGORY_ID" => "crm_category",
        "CURRENCY_ID" => "crm_currency",
        "COMPANY_ID" | "COMPANY_IDS" => "crm_company",
        "CONTACT_ID" | "CONTACT_IDS" => "crm_contact",
        "LEAD_ID" => "crm_lead",
        "QUOTE_ID" => "crm_quote",
        "LOCATION_ID" => "location",
        "STAGE_SEMANTIC_ID" => "string",
        "BEGINDATE" | "CLOSEDATE" | "BIRTHDATE" => "date",
        "ASSIGNED_BY_ID" | "CREATED_BY_ID" | "MODIFY_BY_ID" | "MOVED_BY_ID"
        | "LAST_ACTIVITY_BY" => "user",
        "COMMENTS" | "SOURCE_DESCRIPTION" | "ADDITIONAL_INFO" | "BANKING_DETAILS"
            if family == Family::Item =>
        {
            "text"
        }
        _ => match (field.kind, family) {
            (Kind::Int, _) => "integer",
            (Kind::Text, _) => "string",
            (Kind::Status, _) => "crm_status",
            (Kind::Money, _) => "double",
            (Kind::Flag, Family::Item) => "boolean",
            (Kind::Flag, Family::Legacy) => "char",
            (Kind::Time, _) => "datetime",
            (Kind::Ids, _) => "crm_contact",
        },
    }
}

fn directory_of(entity: Entity, upper: &str) -> Option<&'static str> {
    Some(match (entity, upper) {
        (Entity::Deal, "TYPE_ID") => "DEAL_TYPE",
        (Entity::Deal, "STAGE_ID") => "DEAL_STAGE",
        (Entity::Contact, "TYPE_ID") => "CONTACT_TYPE",
        (_, "COMPANY_TYPE") => "COMPANY_TYPE",
        (_, "SOURCE_ID") => "SOURCE",
        (_, "HONORIFIC") => "HONORIFIC",
        (_, "INDUSTRY") => "INDUSTRY",
        (_, "EMPLOYEES") => "EMPLOYEES",
        _ => return None,
    })
}

/// What people call the field; the technical name where the portal has no words of its own.
fn title(upper: &str) -> String {
    let words = match upper {
        "TITLE" => "Name",
        "TYPE_ID" | "COMPANY_TYPE" => "Type",
        "CATEGORY_ID" => "Pipeline",
        "STAGE_ID" => "Stage",
        "CURRENCY_ID" => "Currency",
        "OPPORTUNITY" => "Amount",
        "TAX_VALUE" => "Tax",
        "COMPANY_ID" => "Company",
        "CONTACT_ID" => "Contact",
        "BEGINDATE" => "Start date",
        "CLOSEDATE" => "End date",
        "OPENED" => "Available to everyone",
        "CLOSED" => "Closed",
        "COMMENTS" => "Comment",
        "ASSIGNED_BY_ID" => "Responsible person",
        "CREATED_BY_ID" => "Created by",
        "MODIFY_BY_ID" => "Modified by",
        "DATE_CREATE" => "Created on",
        "DATE_MODIFY" => "Modified on",
        "SOURCE_ID" => "Source",
        "SOURCE_DESCRIPTION" => "Source information",
        "ADDITIONAL_INFO" => "Additional information",
        "LOCATION_ID" => "Location",
        "ORIGINATOR_ID" => "External source",
        "ORIGIN_ID" => "Item ID in the external source",
        "ORIGIN_VERSION" => "Original version",
        "PROBABILITY" => "Probability",
        "NAME" => "First name",
        "SECOND_NAME" => "Second name",
        "LAST_NAME" => "Last name",
        "HONORIFIC" => "Salutation",
        "POST" => "Position",
        "BIRTHDATE" => "Date of birth",
        "ADDRESS" => "Address",
        "INDUSTRY" => "Industry",
        "EMPLOYEES" => "Employees",
        "REVENUE" => "Annual revenue",
        "UTM_SOURCE" => "Ad system",
        "UTM_MEDIUM" => "Medium",
        "UTM_CAMPAIGN" => "Ad campaign",
        "UTM_CONTENT" => "Campaign contents",
        "UTM_TERM" => "Campaign search term",
        other => other,
    };
    words.to_owned()
}

/// `createdTime` becomes `CREATED_TIME`: the name inside the item family, which is not always the legacy one.
fn snake(camel: &str) -> String {
    let mut upper = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            upper.push('_');
        }
        upper.push(letter.to_ascii_uppercase());
    }
    upper
}
