//! A form of our own pages, posted by somebody who may act.

use axum::{
    body::Body,
    extract::{FromRef, FromRequest},
};
use bytes::Bytes;
use http::{Request, request::Parts};
use http_body_util::{BodyExt as _, Limited};

use super::{Door, Reason, Refusal, Who};

/// No form of ours is longer.
const FORM_BYTES_MAX: usize = 256 * 1024;

/// Where a form carries its token.
const TOKEN_FIELD: &str = "form_token";

/// The fields of a form, in the order in which they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads the body of a form.
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The value of the first field of this name; empty if there is none.
    pub fn one(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The values of all fields of this name.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(it, _)| it == name);
        named.map(|(_, value)| value.as_str())
    }
}

/// The form, and who posted it. It carries the form token in its field `form_token`.
#[derive(Debug, Clone)]
pub struct Posted {
    /// Who posted it.
    pub who: Who,
    /// What it says.
    pub fields: Fields,
}

impl<S: Send + Sync> FromRequest<S> for Posted
where
    Door: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, Refusal> {
        let door = Door::from_ref(state);
        let (parts, body) = request.into_parts();
        // Nobody's body is read who may not act at all.
        door.judge_operator(&parts)?;
        let fields = Fields::parse(&read(&parts, body).await?);
        let who = door.judge_change(&parts, fields.one(TOKEN_FIELD))?;
        Ok(Self { who, fields })
    }
}

/// The body of a form.
///
/// # Errors
/// It is longer than any of ours, or did not come whole.
pub(crate) async fn read(parts: &Parts, body: Body) -> Result<Bytes, Refusal> {
    let body = Limited::new(body, FORM_BYTES_MAX).collect().await;
    let body = body.map_err(|_| Refusal::new(Reason::BrokenForm, parts))?;
    Ok(body.to_bytes())
}
