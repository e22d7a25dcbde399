//! The document that describes the API (OpenAPI 3.1). Its schemas are derived from the structs that are answered.

use serde_json::json;
use utoipa::{
    OpenApi, PartialSchema, ToSchema,
    openapi::{
        RefOr, Response, ResponseBuilder, Schema,
        content::ContentBuilder,
        schema::{AnyOfBuilder, ObjectBuilder, Type},
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

use super::{actions, problem::Problem, views};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "onedeal",
        description = "What the dashboard knows and may do. Texts for people come in English and Russian; times are RFC 3339; money is a text with a currency. Requests carry the admin token as `Authorization: Bearer …`.",
    ),
    paths(
        views::overview,
        views::events,
        views::orders,
        views::order,
        views::timeline,
        views::mapping_of,
        views::attention,
        views::unreadable,
        views::duplicates,
        views::settings,
        views::try_mapping,
        actions::perform,
        actions::perform_all,
        actions::log,
    ),
    components(schemas(Problem))
)]
struct Described;

/// The document.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Described::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    if let Some(components) = &mut document.components {
        components.add_security_scheme("token", token);
    }
    document.security = Some(vec![SecurityRequirement::new(
        "token",
        Vec::<String>::new(),
    )]);
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.insert("default".to_owned(), RefOr::T(problem()));
        }
    }
    document
}

/// What every request may be answered with beside its success.
fn problem() -> Response {
    ResponseBuilder::new()
        .description("What went wrong, and what to do (RFC 9457)")
        .content(
            "application/problem+json",
            ContentBuilder::new()
                .schema(Some(utoipa::openapi::Ref::from_schema_name("Problem")))
                .build(),
        )
        .build()
}

/// The schema of [`crate::operator::Action`].
#[derive(Debug)]
pub struct ActionSchema;

impl PartialSchema for ActionSchema {
    fn schema() -> RefOr<Schema> {
        let whole = || {
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(0))
        };
        let of = |word: &str| {
            let word = ObjectBuilder::new()
                .schema_type(Type::String)
                .enum_values(Some([word]));
            ObjectBuilder::new()
                .property("action", word)
                .required("action")
                .additional_properties(Some(
                    utoipa::openapi::schema::AdditionalProperties::<Schema>::FreeForm(false),
                ))
        };
        let mut all = AnyOfBuilder::new().description(Some("What to do about an order"));
        for word in ["sync_now", "retry", "park", "ignore", "recreate"] {
            all = all.item(of(word));
        }
        for word in ["choose_deal", "apply_duplicate", "dismiss_duplicate"] {
            all = all.item(of(word).property("deal", whole()).required("deal"));
        }
        let replay = of("replay").property("delivery", whole());
        all = all.item(replay.required("delivery"));
        let notice = ObjectBuilder::new()
            .description(Some("As the order's `actions` name it"))
            .examples([json!("Contested")]);
        let dismiss = of("dismiss_notice").property("notice", notice);
        RefOr::T(Schema::AnyOf(all.item(dismiss.required("notice")).build()))
    }
}

impl ToSchema for ActionSchema {
    fn name() -> std::borrow::Cow<'static, str> {
        "Action".into()
    }
}
