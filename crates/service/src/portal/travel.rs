//! One request on its way: loaded, sent, read, and its answers given to its members.

use std::collections::VecDeque;

use bitrix24::{Access, Answer, Batch, Call, Halt, Outcome as Wire, Reply, deals::DealRow};
use kernel::{
    Elapsed,
    deal::FoundDeal,
    mutants::{Mutant, planted},
    planner::Passenger,
};
use tokio::sync::oneshot;
use tracing::Span;

use super::{
    PAGES_MAX, Portal,
    cargo::{Cargo, Delivered, LookAsk, Looked, NoAnswer},
    catalogue::Asked,
    desk::Departure,
    fields,
    looks::{self, DealPage, Looks},
    lost,
};
use crate::transport::Transport;

/// Members that wait for the same answer, in the order of their calls.
#[derive(Default)]
struct Freight {
    calls: Vec<Call>,
    owners: Vec<(usize, oneshot::Sender<Delivered>)>,
    asks: Vec<LookAsk>,
    askers: Vec<oneshot::Sender<Delivered>>,
}

impl<T: Transport> Portal<T> {
    /// Waits until everybody who was called has loaded or stepped back, sends, and gives out the answers.
    pub(super) async fn travel(&self, departure: Departure) {
        let mut freight = Freight::default();
        let places: Vec<_> = departure.members.iter().map(|(it, _)| it.place).collect();
        for (passenger, loaded) in departure.members {
            let loaded = loaded.await.ok();
            self.unload(&passenger);
            let Some(loaded) = loaded else { continue };
            Span::current().follows_from(&loaded.turn);
            match loaded.cargo {
                Cargo::Look(ask) => {
                    freight.asks.push(*ask);
                    freight.askers.push(loaded.reply);
                }
                Cargo::Chain(chain) => {
                    let answers = self.batch(&chain, departure.left_behind).await;
                    // A turn that is gone needs no answer.
                    let _ = loaded.reply.send(Delivered::Answers(answers));
                }
                Cargo::Calls(calls) => {
                    freight.owners.push((calls.len(), loaded.reply));
                    freight.calls.extend(calls);
                }
            }
        }
        if !freight.owners.is_empty() || !freight.askers.is_empty() {
            self.carry(freight, departure.left_behind).await;
        }
        self.desk.came_back(places.into_iter(), self.clock.now());
    }

    /// What was planned for a member is replaced by what it really sends.
    fn unload(&self, passenger: &Passenger) {
        let now = self.clock.now();
        let mut pacer = self.pacer();
        for method in &passenger.methods {
            pacer.command_answered(method, None, now);
        }
    }

    async fn carry(&self, freight: Freight, left_behind: bool) {
        let mut looks = Looks::of(&freight.asks, &self.select);
        let variants = freight.asks.iter().flat_map(|it| it.variants.clone());
        let products = self
            .catalogue
            .ask(variants, self.clock.now(), &mut |it| looks.push(it));
        let mut calls = looks.calls.clone();
        calls.extend(freight.calls);
        let started_at = self.clock.now();
        let mut answers = self.exchange(calls, left_behind).await;
        let own = answers.split_off(looks.calls.len());
        self.learn_products(&products, &answers);
        self.deliver_looks(&looks, freight.asks, freight.askers, answers, started_at)
            .await;
        deliver(freight.owners, own);
    }

    fn learn_products(&self, asked: &Asked, answers: &[Wire<Answer>]) {
        if self.catalogue.learn(asked, answers, self.clock.now()) {
            tracing::warn!(
                portal.host = self.settings.host(),
                "The portal does not let its catalogue be read: product rows carry names and no links"
            );
        }
    }

    async fn deliver_looks(
        &self,
        looks: &Looks,
        asks: Vec<LookAsk>,
        askers: Vec<oneshot::Sender<Delivered>>,
        mut answers: Vec<Wire<Answer>>,
        started_at: Elapsed,
    ) {
        let nobody = || Err(NoAnswer::default());
        let mut deals: Vec<Result<Vec<FoundDeal>, NoAnswer>> =
            asks.iter().map(|_| nobody()).collect();
        for page in &looks.pages {
            self.forgive_missing_field(page, &mut answers);
            let rows = self.rows(page, &looks.calls, &answers).await;
            for member in &page.members {
                let key = &asks[*member].key;
                deals[*member] = rows
                    .clone()
                    .map(|rows| looks::rows_of(&rows, key).map(fields::found).collect());
            }
        }
        for (member, ((ask, asker), deals)) in asks.iter().zip(askers).zip(deals).enumerate() {
            let wish = ask.contact.as_ref();
            let contacts = wish.and_then(|it| looks.contacts_of(member, it, &answers));
            let wish = ask.company.as_ref();
            let companies = wish.and_then(|it| looks.companies_of(member, it, &answers));
            // A turn that is gone needs no answer.
            let _ = asker.send(Delivered::Looked(Looked {
                started_at,
                deals,
                contacts,
                companies,
                products: self.catalogue.of(&ask.variants),
            }));
        }
    }

    /// Reads the rows of one pair of lookups, page by page; an error unless all of them came.
    async fn rows(
        &self,
        page: &DealPage,
        calls: &[Call],
        answers: &[Wire<Answer>],
    ) -> Result<Vec<DealRow>, NoAnswer> {
        let mut found = Vec::new();
        for place in [Some(page.by_origin), page.by_field].into_iter().flatten() {
            let mut answer = looks::usable(&answers[place])?.clone();
            for _ in 0..PAGES_MAX {
                let rows = bitrix24::deals::read_found(&answer, &self.select);
                found.extend(rows.map_err(|it| NoAnswer {
                    code: Some(it.to_string()),
                    portal_wide: false,
                })?);
                let Some(next) = answer.next else { break };
                self.ready("crm.item.list").await;
                let next = self.one(bitrix24::page(&calls[place], next)).await;
                answer = looks::usable(&next)?.clone();
            }
            if answer.next.is_some() {
                return Err(NoAnswer::default());
            }
        }
        Ok(found)
    }

    /// Sends calls together where a batch can carry them, one by one where it cannot. Always one answer per call, in
    /// their order.
    async fn exchange(&self, calls: Vec<Call>, left_behind: bool) -> Vec<Wire<Answer>> {
        let mut answers: Vec<_> = calls.iter().map(|_| lost()).collect();
        let (mut together, mut alone): (VecDeque<_>, VecDeque<_>) = calls
            .into_iter()
            .enumerate()
            .partition(|(_, call)| call.batchable().is_ok());
        let mut first = true;
        while !together.is_empty() || !alone.is_empty() {
            // The place that was taken is for one request.
            if !std::mem::take(&mut first) {
                self.ready("batch").await;
            }
            let (places, batch) = fill(&mut together);
            let came = match batch.calls() {
                [] => {
                    let Some((place, call)) = alone.pop_front() else {
                        break;
                    };
                    answers[place] = self.one_of(call, left_behind).await;
                    continue;
                }
                [call] => vec![self.one_of(call.clone(), left_behind).await],
                _ => self.batch(&batch, left_behind).await,
            };
            for (place, answer) in places.into_iter().zip(came) {
                answers[place] = answer;
            }
        }
        answers
    }

    async fn batch(&self, batch: &Batch, left_behind: bool) -> Vec<Wire<Answer>> {
        let methods: Vec<&str> = batch.calls().iter().map(|it| it.method).collect();
        self.carries(&methods);
        let build = |access: &Access| {
            let request = access.batch(batch);
            if planted(Mutant::ReferenceToFailed) {
                // A planted bug: the portal is not told to stop at the first error.
                return request.map(|body| {
                    String::from_utf8_lossy(&body)
                        .replace("\"halt\":1", "\"halt\":0")
                        .into()
                });
            }
            request
        };
        let read = |reply: Reply<'_>| bitrix24::read_batch(batch, reply);
        let answers = self.send(build, read).await;
        self.learn(&methods, &answers, left_behind);
        answers
    }
}

/// As many calls as one batch takes, and where their answers belong.
fn fill(calls: &mut VecDeque<(usize, Call)>) -> (Vec<usize>, Batch) {
    let (mut places, mut batch) = (Vec::new(), Batch::new(Halt::Never));
    while let Some((place, call)) = calls.front() {
        if batch.push(call.clone()).is_err() {
            break;
        }
        places.push(*place);
        calls.pop_front();
    }
    (places, batch)
}

/// Gives each member its own answers.
fn deliver(owners: Vec<(usize, oneshot::Sender<Delivered>)>, mut answers: Vec<Wire<Answer>>) {
    if planted(Mutant::AnswersShifted) && 1 < owners.len() {
        answers.rotate_left(1);
    }
    let mut answers = answers.into_iter();
    for (count, owner) in owners {
        let mut own: Vec<_> = answers.by_ref().take(count).collect();
        own.resize_with(count, lost);
        // A turn that is gone needs no answer.
        let _ = owner.send(Delivered::Answers(own));
    }
}
