//! The beginning of a fresh order as one request.

use bitrix24::{
    Answer, Batch, Call, Halt, NotBatchable, Outcome as Wire,
    deals::{self, DealRow},
    id_of_command, item,
};
use kernel::{
    Elapsed, OrderKey, PartyId,
    chain::{Chain, NEW_CONTACT, NEW_DEAL},
    command::Write,
    deal::{FieldValue, FoundDeal},
    event::Effect,
    outcome::Outcome,
};

use super::{
    Portal, calls,
    cargo::{Cargo, Delivered},
    fields, lost, outcome,
    seat::Aboard,
};
use crate::transport::Transport;

/// Its methods, for pacing.
pub(crate) const CHAIN_METHODS: &[&str] = &[
    "crm.item.add",
    "crm.item.add",
    "crm.item.productrow.set",
    "crm.item.list",
    "crm.item.list",
];

/// A chain as commands that refer to each other.
pub(crate) struct ChainCalls {
    batch: Batch,
    contact: Option<usize>,
    deal: usize,
    rows: Option<usize>,
    looks: [usize; 2],
}

/// What became of each part of a chain.
pub(crate) struct ChainOutcome {
    /// The contact's create, if there was one.
    pub(crate) contact: Option<Outcome<Option<PartyId>>>,
    /// The deal's create.
    pub(crate) deal: Outcome<Effect>,
    /// The rows, if there were any.
    pub(crate) rows: Option<Outcome<Effect>>,
    /// When it was sent.
    pub(crate) started_at: Elapsed,
    /// All deals that carry the order's number, where the look was answered.
    pub(crate) seen: Option<Vec<FoundDeal>>,
}

impl<T: Transport> Portal<T> {
    /// Whether so little goes on that a request of its own costs nobody anything.
    pub(crate) fn is_quiet(&self) -> bool {
        self.desk.is_quiet() && !self.pacer().is_pressed(self.clock.now())
    }

    /// Writes a chain as one request.
    ///
    /// # Errors
    /// A batch would not carry it unchanged: then it goes step by step.
    pub(crate) fn chain(&self, key: &OrderKey, chain: &Chain) -> Result<ChainCalls, NotBatchable> {
        let mut batch = Batch::new(Halt::AtFirstError);
        let originator = key.shop.originator();
        let contact = chain.contact.as_ref();
        let contact = match contact.and_then(|it| calls::party(&originator, it)) {
            Some(call) => Some(push(&mut batch, call)?),
            None => None,
        };
        let create = refer_to_contact(chain.create.clone(), contact);
        let deal = push(&mut batch, calls::write(&create))?;
        let rows = match &chain.rows {
            Some(rows) => Some(push(
                &mut batch,
                calls::write(&refer_to_deal(rows.clone(), deal)),
            )?),
            None => None,
        };
        let origins = [key.origin()];
        let by_origin = deals::find_by_origin(&originator, &origins, &self.select);
        let by_field = deals::find_by_user_field(&self.select.order_field, &origins, &self.select);
        let looks = [push(&mut batch, by_origin)?, push(&mut batch, by_field)?];
        Ok(ChainCalls {
            batch,
            contact,
            deal,
            rows,
            looks,
        })
    }
}

impl<T: Transport> Aboard<'_, T> {
    /// Sends a chain. Its intent must be on disk.
    pub(crate) async fn send_chain(self, key: &OrderKey, calls: ChainCalls) -> ChainOutcome {
        let (select, started_at) = (self.portal.select.clone(), self.portal.clock.now());
        let count = calls.batch.len();
        let mut answers = match self.deliver(Cargo::Chain(calls.batch)).await {
            Some(Delivered::Answers(answers)) => answers,
            Some(Delivered::Looked(_)) | None => Vec::new(),
        };
        answers.resize_with(count, lost);
        let read = |it: &Answer| DealRow::read(&item::read_item(it)?, &select);
        let plain = |it: usize| outcome::to_kernel(answers[it].clone());
        let deal = answers[calls.deal].clone().read(read);
        ChainOutcome {
            contact: calls.contact.map(|it| {
                let id = answers[it].clone().read(item::read_id);
                outcome::to_kernel(id).map(|it| Some(PartyId(it)))
            }),
            deal: outcome::to_kernel(deal).map(fields::effect),
            rows: calls.rows.map(|it| plain(it).map(|_| Effect::Plain)),
            started_at,
            seen: seen(key, calls.looks.map(|it| &answers[it]), &select),
        }
    }
}

fn push(batch: &mut Batch, call: Call) -> Result<usize, NotBatchable> {
    batch.push(call)?;
    Ok(batch.len() - 1)
}

fn refer_to_contact(mut create: Write, contact: Option<usize>) -> Write {
    if let (Write::Create { fields, .. }, Some(contact)) = (&mut create, contact) {
        for value in fields.values_mut() {
            if *value == FieldValue::Ids(vec![NEW_CONTACT.0]) {
                *value = FieldValue::Ids(vec![id_of_command(contact)]);
            }
        }
    }
    create
}

fn refer_to_deal(mut rows: Write, index: usize) -> Write {
    if let Write::Rows { deal, .. } = &mut rows
        && *deal == NEW_DEAL
    {
        deal.0 = id_of_command(index);
    }
    rows
}

/// What both lookups show of the order; `None` unless both were answered whole.
fn seen(
    key: &OrderKey,
    answers: [&Wire<Answer>; 2],
    select: &deals::Select,
) -> Option<Vec<FoundDeal>> {
    let mut found = Vec::new();
    for answer in answers {
        let Wire::Done(answer) = answer else {
            return None;
        };
        if answer.next.is_some() {
            return None;
        }
        let rows = deals::read_found(answer, select).ok()?;
        found.extend(super::looks::rows_of(&rows, key).map(fields::found));
    }
    Some(found)
}
