//! One turn of one order: fold what arrived, then decide and act until there is nothing to do.
//!
//! Invariant: a write is on disk as an intent before it is sent, and its outcome is on disk before the next one.

mod chain;
mod command;
mod look;
mod party;
mod save;
mod write;

use std::sync::Arc;

use kernel::{
    Elapsed, IntentId, apply,
    command::{Command, Decision, Write},
    decide,
    event::Event,
    mapping::Mapping,
    mutants::{Mutant, planted},
    party::{PartyCommand, PartyEvent, PartyKind},
    planner::{Class, Kind, Passenger},
    presence::Presence,
    remark::Remark,
    state::{OrderState, ParkReason, Sending},
};
use store::{
    ClaimedOrder, CommandChange, Fold, IntentChange, OpenIntent, Store, StoreError, Then,
    TimelineEntry,
};
use tokio::sync::watch;
use tracing::Instrument as _;

use super::{Shared, fold, locks::ContactLock, release};
use crate::{
    journal::{self, Scene},
    portal::{self, Aboard, Boarding, CHAIN_METHODS, ReadDeal},
    spans,
    transport::Transport,
};
use look::look_failed;
use party::HeldParties;

/// Steps of one turn; beyond them the order takes its place in the queue again.
const STEPS_MAX: usize = 32;

/// The shortest wait between two turns of one order: whatever is decided, an order never makes the worker spin.
const WAIT_MIN: std::time::Duration = std::time::Duration::from_millis(50);

/// The wait for a contact or a company that another turn works on.
const PARTY_BUSY_PAUSE: std::time::Duration = std::time::Duration::from_millis(500);

/// A turn that could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TurnError {
    #[error("failed to save the turn")]
    Store(#[from] StoreError),
    #[error("failed to read the saved state")]
    State(#[from] serde_json::Error),
}

/// A turn under way.
pub(crate) struct Turning<'a, S, T> {
    shared: &'a Shared<S, T>,
    mapping: Arc<Mapping>,
    stop: watch::Receiver<bool>,
    claimed: ClaimedOrder,
    state: OrderState,
    parties: HeldParties,
    lock: Option<ContactLock<'a>>,
    /// When the newest delivery of this turn arrived.
    arrived_at: Option<Elapsed>,
    /// When the order was first heard of, if that was in this turn.
    heard_at: Option<Elapsed>,
    /// The order got its deal, and that was not saved yet.
    got_deal: bool,
    folded: Vec<(kernel::DeliverySeq, Fold)>,
    timeline: Vec<TimelineEntry>,
    /// What became of operators' wishes.
    commands: Vec<CommandChange>,
    /// The shop shall be asked how the order is.
    ask_shop: bool,
}

impl<'a, S: Store, T: Transport> Turning<'a, S, T> {
    fn new(
        shared: &'a Shared<S, T>,
        claimed: ClaimedOrder,
        state: OrderState,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let (folded, timeline) = (Vec::new(), Vec::new());
        let received = || claimed.deliveries.iter().map(|it| it.received_at);
        let arrived_at = received().max();
        let first_turn = claimed.state.is_none();
        let heard_at = received().min().filter(|_| first_turn);
        Self {
            shared,
            mapping: shared.mapping(),
            stop,
            claimed,
            state,
            parties: HeldParties::default(),
            lock: None,
            arrived_at,
            heard_at,
            got_deal: false,
            folded,
            timeline,
            commands: Vec::new(),
            ask_shop: false,
        }
    }

    /// Reads the order's state and folds what arrived.
    pub(crate) async fn begin(
        shared: &'a Shared<S, T>,
        claimed: ClaimedOrder,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, TurnError> {
        let state = read_state(&claimed)?;
        let mut turn = Self::new(shared, claimed, state, stop);
        turn.apply(&Event::TurnBegan);
        // A write that this very process left open belongs to a turn that failed: unknown, like after a crash.
        if let Some(open) = turn.state.open.clone() {
            turn.apply(&Event::Interrupted);
            turn.save(
                vec![close(open.intent, "interrupted", shared.clock.now())],
                Then::Keep,
            )
            .await?;
        }
        turn.fold();
        turn.take_commands().await?;
        Ok(turn)
    }

    /// Decides and acts until there is nothing to do.
    pub(crate) async fn run(mut self) -> Result<(), TurnError> {
        if !self.take_parties().await? {
            let due = self.shared.clock.now() + PARTY_BUSY_PAUSE;
            return self.finish(Some(due)).await;
        }
        for _ in 0..STEPS_MAX {
            match self.decide() {
                Decision::Rest => {
                    self.note_pace(true);
                    return self.finish(None).await;
                }
                Decision::Wait(at) => {
                    self.note_pace(false);
                    let soonest = self.shared.clock.now() + WAIT_MIN;
                    return self.finish(Some(at.max(soonest))).await;
                }
                Decision::Act(_) if *self.stop.borrow() => break,
                Decision::Act(command) if portal::methods(&command).is_empty() => {
                    self.conclude(&command);
                }
                Decision::Act(command) => {
                    match self.board(&command).instrument(spans::wait()).await {
                        Boarding::Later(at) => return self.finish(Some(at)).await,
                        Boarding::Aboard(seat) if self.may_chain(&command, &seat) => {
                            let step = spans::step(&command);
                            self.chain(command, seat).instrument(step).await?;
                        }
                        // The portal may have kept us waiting: what was decided must still hold.
                        Boarding::Aboard(seat) if self.still_wants(&command) => {
                            let step = spans::step(&command);
                            self.act(command, seat).instrument(step).await?;
                        }
                        Boarding::Aboard(_) => {}
                    }
                }
            }
        }
        let now = self.shared.clock.now();
        self.finish(Some(now)).await
    }

    fn decide(&self) -> Decision {
        let ctx = self.shared.context(&self.mapping);
        decide(&self.state, self.parties.states(), &ctx)
    }

    /// The methods of what will be sent for a command.
    fn methods(&self, command: &Command, chains: bool) -> Vec<&'static str> {
        if chains {
            return CHAIN_METHODS.to_vec();
        }
        let mut methods = portal::methods(command).to_vec();
        if let Command::Write(write) = command
            && let Some(rows) = self.rows_beside(write)
        {
            methods.extend(portal::methods(&Command::Write(rows)));
        }
        methods
    }

    fn still_wants(&self, command: &Command) -> bool {
        !*self.stop.borrow() && self.decide() == Decision::Act(command.clone())
    }

    /// Waits for a place in a request to the portal; a stop ends the wait.
    async fn board(&self, command: &Command) -> Boarding<'a, T> {
        let shared = self.shared;
        let now = shared.clock.now();
        let kind = portal::kind(command);
        let retry = &self.state.retry;
        let crowd = match kind {
            Kind::Write => self.parties.crowd(command).unwrap_or(retry.company),
            Kind::Look { .. } | Kind::Read => retry.look_company,
        };
        let creates_next =
            matches!(kind, Kind::Look { .. }) && self.state.presence == Presence::Absent;
        let chains = self.wants_chain(command);
        let waiting = shared.portal.board(|place| Passenger {
            place,
            order: self.claimed.key.clone(),
            contact_keys: self.parties.keys(),
            class: Class::of(&self.state, command),
            arrived_at: self.arrived_at,
            kind,
            methods: self.methods(command, chains),
            leads_to: creates_next.then_some("crm.item.add"),
            company_max: if chains { 1 } else { crowd.max() },
            since: now,
        });
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            boarding = waiting => boarding,
            _ = stop.wait_for(|it| *it) => Boarding::Later(now),
        }
    }

    fn fold(&mut self) {
        let received = self.claimed.deliveries.iter().map(|it| it.received_at);
        if let Some(first) = received.min() {
            self.shared.notes.began(&self.claimed.key, first);
        }
        for delivery in std::mem::take(&mut self.claimed.deliveries) {
            let says = fold::read(&self.claimed.key, &delivery);
            self.timeline
                .push(journal::arrived(&delivery, says.version()));
            let fold = match says {
                fold::Says::Nothing => Fold::Noted,
                fold::Says::Unreadable(reason) => {
                    self.apply(&Event::UnreadableSeen);
                    Fold::Unreadable(reason)
                }
                fold::Says::Event(event) => folded_as(&self.apply(&event)),
            };
            self.folded.push((delivery.seq, fold));
        }
        if planted(Mutant::DropDeliveryWhileBusy)
            && self.state.deal().is_none()
            && 1 < self.folded.len()
        {
            // A planted bug: only the first of several deliveries counts.
            self.state.newest = None;
        }
    }

    async fn act(&mut self, command: Command, seat: Aboard<'a, T>) -> Result<(), TurnError> {
        let company = seat.company();
        if Class::of(&self.state, &command) == Class::Audit {
            self.shared.counters.orders.late_looks.inc();
        }
        match command {
            Command::Look {
                contact,
                company,
                variants,
            } => self.look((contact, company), variants, seat).await,
            Command::Read { deal } => match seat.read(deal, self.shared.process).await {
                ReadDeal::Shown(glimpse) => {
                    if !self.is_taken(deal).await? {
                        self.apply_quietly(&Event::Glimpsed(*glimpse));
                    }
                }
                ReadDeal::NotFound => self.apply_quietly(&Event::NotFound(deal)),
                ReadDeal::Failed(failed) => self.apply_quietly(&look_failed(failed, company)),
            },
            Command::Write(write) => return self.write(&write, seat).await,
            Command::Party(command) => return self.party_step(&command, seat).await,
            Command::LeaveStage { .. }
            | Command::LeaveField { .. }
            | Command::LeaveContact { .. }
            | Command::LeaveCompany { .. }
            | Command::Complete
            | Command::FlagSeen { .. }
            | Command::SpareLoser { .. } => self.conclude(&command),
        }
        Ok(())
    }

    /// Remembers a conclusion that needs no request.
    fn conclude(&mut self, command: &Command) {
        match command {
            Command::LeaveStage { wish, why } => {
                self.apply_quietly(&Event::StageLeft(wish.clone()));
                self.remark(&Remark::StageLeft(*why));
            }
            Command::LeaveField {
                field,
                value,
                touched,
            } => {
                let (field, value) = (field.clone(), value.clone());
                if *touched {
                    self.remark(&Remark::FieldLeft(field.clone()));
                }
                self.apply_quietly(&Event::FieldLeft { field, value });
            }
            Command::LeaveContact { contact } => self.apply_quietly(&Event::ContactLeft(*contact)),
            Command::LeaveCompany { company } => self.apply_quietly(&Event::CompanyLeft(*company)),
            Command::Party(PartyCommand::LacksNothing { kind }) => {
                self.apply_party(*kind, &PartyEvent::LacksNothing);
            }
            Command::Complete => self.apply_quietly(&Event::Completed),
            Command::FlagSeen { deal } => self.apply_quietly(&Event::FlagSeen(*deal)),
            Command::SpareLoser { deal } => self.apply_quietly(&Event::LoserSpared(*deal)),
            Command::Look { .. }
            | Command::Read { .. }
            | Command::Party(
                PartyCommand::Create { .. }
                | PartyCommand::Read { .. }
                | PartyCommand::Complete { .. },
            )
            | Command::Write(_) => {}
        }
    }

    /// Applies an event, and says in log and timeline what was concluded.
    fn apply(&mut self, event: &Event) -> Vec<Remark> {
        let before = self.state.retry.attempts;
        let remarks = apply(&mut self.state, event, &self.shared.context(&self.mapping));
        let scene = Scene {
            attempts: before.max(self.state.retry.attempts),
            ..self.scene()
        };
        let (now, wall) = (self.shared.clock.now(), self.wall());
        let mut lines = Vec::new();
        for remark in &remarks {
            journal::concluded(scene, remark, &self.shared.counters);
            self.shared.notes.concluded(remark);
            lines.push(journal::decided(now, wall, remark));
        }
        self.timeline.extend(lines);
        self.got_deal |= remarks.iter().any(gives_deal);
        if remarks
            .iter()
            .any(|it| matches!(it, Remark::Parked(ParkReason::Mismatch(_))))
        {
            tracing::error!(order.id = %self.claimed.key.order,
                "A deal answers with another order's key: nothing more is sent to this portal until a person looked and restarted onedeal");
            self.shared.portal.halt();
        }
        self.settle_choices(&remarks);
        for remark in &remarks {
            if let Remark::PartyNotShown { kind, id } = remark {
                self.apply_party(*kind, &PartyEvent::NotShown(*id));
            }
        }
        remarks
    }

    fn apply_quietly(&mut self, event: &Event) {
        // What was concluded is in the timeline already.
        let _ = self.apply(event);
    }

    fn remark(&mut self, remark: &Remark) {
        self.note(journal::decided(
            self.shared.clock.now(),
            self.wall(),
            remark,
        ));
    }

    fn note(&mut self, line: TimelineEntry) {
        self.timeline.push(line);
    }

    /// Notes for people how long the deal took to be up to date, where nothing more is to be said of it. An order that rests
    /// without its deal is not measured; one that waits is, once it has its deal.
    fn note_pace(&self, rests: bool) {
        let (shared, key, retry) = (self.shared, &self.claimed.key, &self.state.retry);
        let linked = self.state.deal().is_some() && self.state.parked.is_none();
        if linked && retry.failures == 0 && retry.unanswered == 0 {
            let (now, wall) = (shared.clock.now(), shared.clock.wall());
            shared.notes.synced(key, now, wall);
        } else if rests || self.state.parked.is_some() {
            shared.notes.gave_up(key);
        }
    }

    fn scene(&self) -> Scene<'_> {
        Scene {
            key: &self.claimed.key,
            attempts: self.state.retry.attempts,
            began_with_update: self.state.began_with_update,
        }
    }

    fn wall(&self) -> i64 {
        self.shared.clock.wall().as_millisecond()
    }
}

/// Records one intent of an earlier process as interrupted.
pub(crate) async fn record_interrupted<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    claimed: ClaimedOrder,
    intent: &OpenIntent,
) -> Result<(), StoreError> {
    let now = shared.clock.now();
    let Ok(state) = read_state(&claimed) else {
        tracing::error!(order.id = %claimed.key.order, "The saved state of order {} cannot be read", claimed.key.order);
        return Ok(());
    };
    let (_, stop) = watch::channel(false);
    let mut turn = Turning::new(shared, claimed, state, stop);
    // Deliveries are folded, and wishes taken, by the turn that follows.
    turn.claimed.deliveries.clear();
    turn.claimed.commands.clear();
    if let Some(key) = &intent.contact_key {
        turn.take_intended(key).await?;
        turn.apply_party(PartyKind::of_key(key), &PartyEvent::Interrupted);
    }
    // The request may have carried the deal beside the contact.
    turn.apply_quietly(&Event::Interrupted);
    let closed = vec![close(intent.intent, "interrupted", now)];
    match turn.save(closed, release(Some(now))).await {
        Ok(()) => Ok(()),
        Err(TurnError::Store(error)) => Err(error),
        Err(TurnError::State(error)) => {
            tracing::error!(error = %crate::Chain(&error), "Failed to write the state of an order");
            Ok(())
        }
    }
}

fn read_state(claimed: &ClaimedOrder) -> Result<OrderState, serde_json::Error> {
    claimed
        .state
        .as_deref()
        .map_or_else(|| Ok(OrderState::default()), serde_json::from_str)
}

fn close(intent: IntentId, outcome: &str, at: Elapsed) -> IntentChange {
    IntentChange::Close {
        intent,
        outcome: outcome.to_owned(),
        at,
    }
}

fn sending(write: &Write) -> Sending {
    match write {
        Write::Create { says, .. } => Sending::Create(says.clone()),
        Write::Update { says, .. } => Sending::Update(says.clone()),
        Write::Rows { digest, .. } => Sending::Rows(digest.clone()),
        Write::Flag { deal, .. } => Sending::Flag(*deal),
        Write::Comment { deal, .. } => Sending::Comment(*deal),
    }
}

/// What became of a delivery, by the first conclusion about its version.
fn folded_as(remarks: &[Remark]) -> Fold {
    let any = |is: fn(&Remark) -> bool| remarks.iter().any(is);
    if any(|it| matches!(it, Remark::Accepted(_))) {
        Fold::Applied
    } else if any(|it| matches!(it, Remark::Repeated)) {
        Fold::Repeat
    } else if any(|it| matches!(it, Remark::Outdated { .. } | Remark::Contested)) {
        Fold::Stale
    } else {
        Fold::Noted
    }
}

/// Whether an order got its deal by this.
fn gives_deal(remark: &Remark) -> bool {
    matches!(
        remark,
        Remark::Created { .. } | Remark::FoundOwn { .. } | Remark::Adopted { .. }
    )
}
