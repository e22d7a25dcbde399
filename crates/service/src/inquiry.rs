//! Questions to a portal outside of any turn: what it offers a mapping to name, and how one deal looks.

mod canary;
mod sight;

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bitrix24::{
    Access, Answer, Batch, Call, Halt, Outcome as Wire, Refusal, RefusalClass, Reply, Unknown,
    directory::{self, Category, Field, Status},
    item::{self, Entity},
    rows,
};
use kernel::{
    DealId,
    deal::{Fields, Semantic},
    mapping::{Directory, FieldInfo, Funnel, Stage},
};

pub use canary::{CanaryKey, Found, Removed};
pub use sight::{Observed, Sight};

use crate::{
    portal::value_from_wire,
    transport::{SendError, Transport},
};

/// Pages of product rows that are read of one deal; an order has no more.
const ROW_PAGES_MAX: usize = 20;

/// Asks one portal.
pub struct Inquiry<T> {
    access: Option<Access>,
    timeout: Duration,
    transport: T,
    observed: Mutex<Observed>,
}

/// A question that got no answer.
#[derive(Debug, thiserror::Error)]
pub enum InquiryError {
    /// Nothing opens the portal at present.
    #[error("nothing opens the portal at present")]
    NoKey,
    /// The portal refuses it.
    #[error("the portal refuses `{method}` ({refusal})")]
    Refused {
        /// The method.
        method: &'static str,
        /// What it says.
        refusal: Refusal,
    },
    /// Nothing usable came back.
    #[error("no usable answer to `{method}` ({unknown})")]
    Unknown {
        /// The method.
        method: &'static str,
        /// What is known.
        unknown: Unknown,
    },
    /// The answer is not understood.
    #[error("the answer to `{method}` is not understood: {problem}")]
    Unreadable {
        /// The method.
        method: &'static str,
        /// Why.
        problem: String,
    },
}

impl InquiryError {
    /// Whether asking again may help.
    pub fn passes(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => match refusal.class {
                RefusalClass::RateLimit
                | RefusalClass::OperatingLimit
                | RefusalClass::Overload
                | RefusalClass::NotSent => true,
                RefusalClass::Auth
                | RefusalClass::Scope
                | RefusalClass::Subscription
                | RefusalClass::Method
                | RefusalClass::AccessDenied
                | RefusalClass::Invalid
                | RefusalClass::NotFound
                | RefusalClass::Halted => false,
            },
            Self::NoKey => false,
            Self::Unknown { .. } | Self::Unreadable { .. } => true,
        }
    }
}

/// A deal as a portal shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DealShown {
    /// All its fields.
    pub fields: Fields,
    /// Its product rows.
    pub rows: Vec<rows::Row>,
}

impl<T: Transport> Inquiry<T> {
    /// Asks the portal that `access` opens, if anything does; each answer is awaited for `timeout`.
    pub fn new(access: Option<Access>, timeout: Duration, transport: T) -> Self {
        Self {
            access,
            timeout,
            transport,
            observed: Mutex::default(),
        }
    }

    /// What the portal offers a mapping to name, in two requests.
    ///
    /// # Errors
    /// A part of it could not be asked for.
    pub async fn directory(&self) -> Result<Directory, InquiryError> {
        let access = self.access()?;
        let calls = [
            directory::categories(),
            directory::deal_fields(),
            directory::currencies(),
        ];
        let mut answers = self.all(access, &calls).await.into_iter();
        let mut next = || answers.next().unwrap_or_else(lost);
        let categories = read(&calls[0], next(), directory::read_categories)?;
        let fields = read(&calls[1], next(), directory::read_fields)?;
        let currencies = read(&calls[2], next(), directory::read_currencies)?;

        let lists = lists(&categories, &fields);
        let calls: Vec<Call> = lists.iter().map(|it| directory::statuses(it)).collect();
        let answers = self.all(access, &calls).await;
        let mut statuses = Vec::new();
        for (call, answer) in calls.iter().zip(answers) {
            statuses.extend(read(call, answer, directory::read_statuses)?);
        }
        Ok(Directory {
            funnels: funnels(&categories, &statuses),
            fields: fields
                .into_iter()
                .map(|it| (it.name.clone(), field(it, &statuses)))
                .collect(),
            currencies: currencies.into_iter().collect(),
        })
    }

    /// One deal with its rows; `None` if the portal does not know it.
    ///
    /// # Errors
    /// It could not be asked for.
    pub async fn deal(&self, deal: DealId) -> Result<Option<DealShown>, InquiryError> {
        let access = self.access()?;
        let calls = [item::get(Entity::Deal, deal.0), rows::list(deal.0)];
        let mut answers = self.all(access, &calls).await.into_iter();
        let mut next = || answers.next().unwrap_or_else(lost);
        let shown = next();
        if let Wire::Refused(refusal) = &shown
            && refusal.class == bitrix24::RefusalClass::NotFound
        {
            return Ok(None);
        }
        let fields = read(&calls[0], shown, item::read_item)?;
        let fields = fields
            .iter()
            .map(|(name, value)| (name.clone(), value_from_wire(value)))
            .collect();
        let rows = self.rows(access, calls[1].clone(), next()).await?;
        Ok(Some(DealShown { fields, rows }))
    }

    /// All rows of a list of which the first page was answered.
    async fn rows(
        &self,
        access: &Access,
        list: Call,
        first: Wire<Answer>,
    ) -> Result<Vec<rows::Row>, InquiryError> {
        let mut shown = Vec::new();
        let mut answer = first;
        for _ in 0..ROW_PAGES_MAX {
            let mut next = None;
            shown.extend(read(&list, answer, |it| {
                next = it.next;
                rows::read(it)
            })?);
            let Some(next) = next else { break };
            let page = [bitrix24::page(&list, next)];
            answer = self.all(access, &page).await.pop().unwrap_or_else(lost);
        }
        Ok(shown)
    }

    /// Sends one call.
    pub(crate) async fn ask(&self, call: &Call) -> Result<Wire<Answer>, InquiryError> {
        let answers = self.all(self.access()?, std::slice::from_ref(call)).await;
        Ok(answers.into_iter().next().unwrap_or_else(lost))
    }

    pub(crate) fn access(&self) -> Result<&Access, InquiryError> {
        self.access.as_ref().ok_or(InquiryError::NoKey)
    }

    /// Sends calls together; always one answer per call.
    pub(crate) async fn all(&self, access: &Access, calls: &[Call]) -> Vec<Wire<Answer>> {
        let mut batch = Batch::new(Halt::Never);
        for call in calls {
            // Calls without customers' text are always batchable; whatever is not stays without an answer.
            if batch.push(call.clone()).is_err() {
                break;
            }
        }
        let request = access.batch(&batch);
        let sent = tokio::time::timeout(self.timeout, self.transport.send(request)).await;
        let mut answers = match &sent {
            Ok(Ok(answer)) => bitrix24::read_batch(
                &batch,
                Reply::Answer {
                    status: answer.status(),
                    body: answer.body(),
                },
            ),
            Ok(Err(SendError::NotSent)) => bitrix24::read_batch(&batch, Reply::NotSent),
            Ok(Err(SendError::Lost)) | Err(_) => bitrix24::read_batch(&batch, Reply::Lost),
        };
        answers.resize_with(calls.len(), lost);
        self.observed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .learn(calls, &answers);
        answers
    }
}

/// Directories that stages and list fields name entries of.
fn lists(categories: &[Category], fields: &[Field]) -> Vec<String> {
    let mut lists: Vec<String> = categories
        .iter()
        .map(|it| directory::stages_of(it.id))
        .collect();
    let named = fields.iter().filter_map(|it| it.status_type.clone());
    lists.extend(named.filter(|it| !it.starts_with("DEAL_STAGE")));
    lists.sort();
    lists.dedup();
    lists
}

fn funnels(categories: &[Category], statuses: &[Status]) -> Vec<Funnel> {
    let stages = |id: u64| {
        let entity = directory::stages_of(id);
        let own = statuses.iter().filter(move |it| it.entity == entity);
        own.map(|it| Stage {
            id: it.code.clone(),
            name: it.name.clone(),
            semantic: match it.semantics.as_deref() {
                Some("S") => Semantic::Success,
                Some("F") => Semantic::Failure,
                Some(_) | None => Semantic::Process,
            },
        })
        .collect()
    };
    categories
        .iter()
        .map(|it| Funnel {
            id: it.id,
            name: it.name.clone(),
            stages: stages(it.id),
        })
        .collect()
}

fn field(from: Field, statuses: &[Status]) -> FieldInfo {
    let labels = match &from.status_type {
        Some(list) => statuses
            .iter()
            .filter(|it| it.entity == *list)
            .map(|it| (it.code.clone(), it.name.clone()))
            .collect(),
        None => from.items,
    };
    FieldInfo {
        title: from.title,
        kind: from.kind,
        multiple: from.multiple,
        read_only: from.read_only,
        labels,
    }
}

pub(crate) fn read<R>(
    call: &Call,
    answer: Wire<Answer>,
    read: impl FnOnce(&Answer) -> Result<R, bitrix24::Unreadable>,
) -> Result<R, InquiryError> {
    let method = call.method;
    match answer {
        Wire::Done(answer) => read(&answer).map_err(|it| InquiryError::Unreadable {
            method,
            problem: it.to_string(),
        }),
        Wire::Refused(refusal) => Err(InquiryError::Refused { method, refusal }),
        Wire::Unknown(unknown) => Err(InquiryError::Unknown { method, unknown }),
    }
}

pub(crate) fn lost() -> Wire<Answer> {
    Wire::Unknown(Unknown::silent(bitrix24::Doubt::Lost))
}
