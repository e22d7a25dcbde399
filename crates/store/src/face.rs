//! What the two faces differ in: where a function runs, and when its answer is given. All SQL is the same.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::{
    CommandSeq, DealId, DeliverySeq, Elapsed, IntentId, LedgerId, OrderKey, ProcessNo, ShopDomain,
};

use crate::{
    db::{Db, LedgerRow},
    epoch::EpochPlace,
    error::StoreError,
    packed::Packed,
    records::{
        BootClock, Claim, ClaimedOrder, CommandRecord, Commanded, Commits, ContactRecord, Counts,
        DeliveryRecord, IntentRecord, Listing, NewCommand, NewDelivery, OpenIntent, OrderRecord,
        Queue, Refetch, Search, Started, Tally, TimelineEntry, Turn, UnreadableDelivery,
    },
    start,
    store::{Answer, Store},
};

/// Runs functions on a database.
pub(crate) trait Face: Clone + Send + Sync + 'static {
    /// Runs `work` in a transaction and answers after its commit.
    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Answer<T>> + Send;

    /// The same for work that fails only where the whole transaction does; it may be given up with all that shares it.
    fn append<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Answer<T>> + Send;

    /// Runs `work`, which changes nothing.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Answer<T>> + Send;

    /// The same for what people ask, beside the work: it may take longer, and holds up no turn.
    fn report<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Answer<T>> + Send;

    /// Runs `work` outside of any transaction.
    fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db, &dyn EpochPlace) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Answer<T>> + Send;

    /// Runs the long check where it holds up nobody.
    fn check(&self) -> impl Future<Output = Answer<()>> + Send;

    /// What was committed so far; nothing where every operation is a transaction of its own.
    fn committed(&self) -> Commits {
        Commits::default()
    }

    /// The last intent number given out.
    fn last_intent(&self) -> &AtomicU64;
}

impl<F: Face> Store for F {
    async fn start(
        &self,
        boot: BootClock,
        fresh_ledger: LedgerId,
        settle: Duration,
    ) -> Answer<Started> {
        let (started, last) = self
            .alone(move |db, place| {
                let started = start::start(db, place, &boot, fresh_ledger, settle)?;
                Ok((started, db.last_intent()?))
            })
            .await?;
        self.last_intent().store(last, Ordering::Relaxed);
        Ok(started)
    }

    async fn checkpoint(&self, now: Elapsed, boot: BootClock) -> Answer<()> {
        self.write(move |db| db.checkpoint(now, &boot)).await
    }

    async fn stopped_cleanly(&self) -> Answer<()> {
        self.write(Db::stopped_cleanly).await
    }

    async fn accept(&self, delivery: NewDelivery) -> Answer<DeliverySeq> {
        // Kept until the answer, so that memory is given back where it was taken, which costs the least.
        let kept = Arc::new(delivery);
        let delivery = kept.clone();
        self.append(move |db| {
            // Packed here, since whoever takes requests has more to do.
            db.accept(&delivery, &Packed::of(&delivery.body))
        })
        .await
    }

    async fn claim(&self, claim: Claim) -> Answer<Vec<ClaimedOrder>> {
        self.write(move |db| db.claim(&claim)).await
    }

    async fn load(&self, key: &OrderKey) -> Answer<Option<ClaimedOrder>> {
        let key = key.clone();
        self.write(move |db| {
            let process = db.ledger_number(LedgerRow::Starts)?.unwrap_or(0);
            db.load(&key, ProcessNo(process))
        })
        .await
    }

    async fn save(&self, turn: Turn) -> Answer<u64> {
        self.write(move |db| db.save(&turn)).await
    }

    async fn give_back(&self, key: &OrderKey, due: Elapsed, attention: &str) -> Answer<()> {
        let (key, attention) = (key.clone(), attention.to_owned());
        self.write(move |db| db.give_back(&key, due, &attention))
            .await
    }

    async fn wake(&self, phase: &str, now: Elapsed) -> Answer<u64> {
        let phase = phase.to_owned();
        self.write(move |db| db.wake(&phase, now)).await
    }

    async fn next_due(&self) -> Answer<Option<Elapsed>> {
        self.read(Db::next_due).await
    }

    async fn command(&self, wish: NewCommand) -> Answer<Commanded> {
        self.write(move |db| db.command(&wish)).await
    }

    async fn commands(
        &self,
        key: Option<&OrderKey>,
        before: Option<CommandSeq>,
        limit: usize,
    ) -> Answer<Vec<CommandRecord>> {
        let key = key.cloned();
        self.read(move |db| db.commands(key.as_ref(), before, limit))
            .await
    }

    async fn linked_to(&self, deal: DealId, key: &OrderKey) -> Answer<Option<OrderKey>> {
        let key = key.clone();
        self.read(move |db| db.linked_to(deal, &key)).await
    }

    async fn overdue(&self, now: Elapsed) -> Answer<u64> {
        self.read(move |db| db.overdue(now)).await
    }

    async fn queue(&self, now: Elapsed, fresh_for: Duration) -> Answer<Queue> {
        self.read(move |db| db.queue(now, fresh_for)).await
    }

    async fn first_heard(&self, key: &OrderKey) -> Answer<Option<Elapsed>> {
        let key = key.clone();
        self.read(move |db| db.first_heard(&key)).await
    }

    fn commits(&self) -> Commits {
        self.committed()
    }

    async fn refetches(
        &self,
        shop: &ShopDomain,
        until: Elapsed,
        limit: usize,
    ) -> Answer<Vec<Refetch>> {
        let shop = shop.clone();
        self.read(move |db| db.refetches(&shop, until, limit)).await
    }

    async fn refetched(&self, wish: &Refetch, again: Option<Elapsed>) -> Answer<()> {
        let wish = wish.clone();
        self.write(move |db| db.refetched(&wish, again)).await
    }

    async fn open_intents(&self) -> Answer<Vec<OpenIntent>> {
        self.read(Db::open_intents).await
    }

    async fn intents(&self, key: &OrderKey) -> Answer<Vec<IntentRecord>> {
        let key = key.clone();
        self.read(move |db| db.intents(&key)).await
    }

    fn new_intent(&self) -> IntentId {
        IntentId(
            self.last_intent()
                .fetch_add(1, Ordering::Relaxed)
                .saturating_add(1),
        )
    }

    async fn order(&self, key: &OrderKey) -> Answer<Option<OrderRecord>> {
        let key = key.clone();
        self.read(move |db| db.order(&key)).await
    }

    async fn find_orders(&self, query: &str, limit: usize) -> Answer<Vec<OrderRecord>> {
        let query = query.to_owned();
        self.read(move |db| db.find_orders(&query, limit)).await
    }

    async fn list_orders(&self, listing: Listing) -> Answer<Vec<OrderRecord>> {
        self.report(move |db| db.list_orders(&listing)).await
    }

    async fn search_orders(&self, search: Search) -> Answer<Vec<OrderRecord>> {
        self.report(move |db| db.search_orders(&search)).await
    }

    async fn oldest_in(&self, phases: Vec<String>) -> Answer<Option<(OrderRecord, Option<i64>)>> {
        self.report(move |db| db.oldest_in(&phases)).await
    }

    async fn deliveries(&self, seqs: Vec<DeliverySeq>) -> Answer<Vec<DeliveryRecord>> {
        self.report(move |db| db.deliveries(&seqs)).await
    }

    async fn waiting_deliveries(
        &self,
        key: &OrderKey,
        limit: usize,
    ) -> Answer<Vec<DeliveryRecord>> {
        let key = key.clone();
        self.report(move |db| db.waiting_deliveries(&key, limit))
            .await
    }

    async fn unreadable_before(
        &self,
        before: Option<DeliverySeq>,
        limit: usize,
    ) -> Answer<Vec<DeliveryRecord>> {
        self.report(move |db| db.unreadable_before(before, limit))
            .await
    }

    async fn newest_intents(&self, key: &OrderKey, limit: usize) -> Answer<Vec<IntentRecord>> {
        let key = key.clone();
        self.report(move |db| db.newest_intents(&key, limit)).await
    }

    async fn tally(&self, now: Elapsed) -> Answer<Tally> {
        self.report(move |db| db.tally(now)).await
    }

    async fn attention(&self, limit: usize) -> Answer<Vec<OrderRecord>> {
        self.report(move |db| db.attention(limit)).await
    }

    async fn unreadable(&self, limit: usize) -> Answer<Vec<UnreadableDelivery>> {
        self.read(move |db| db.unreadable(limit)).await
    }

    async fn timeline(&self, key: &OrderKey, limit: usize) -> Answer<Vec<TimelineEntry>> {
        let key = key.clone();
        self.read(move |db| db.timeline(&key, limit)).await
    }

    async fn contact(&self, shop: &ShopDomain, contact_key: &str) -> Answer<Option<ContactRecord>> {
        let (shop, contact_key) = (shop.clone(), contact_key.to_owned());
        self.read(move |db| db.contact(&shop, &contact_key)).await
    }

    async fn counts(&self) -> Answer<Counts> {
        self.read(Db::counts).await
    }

    async fn has_deals(&self) -> Answer<bool> {
        self.read(Db::has_deals).await
    }

    async fn meta(&self, key: &str) -> Answer<Option<String>> {
        let key = key.to_owned();
        self.read(move |db| db.meta(&key)).await
    }

    async fn set_meta(&self, key: &str, value: &str) -> Answer<()> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.write(move |db| db.set_meta(&key, &value)).await
    }

    async fn healthy(&self) -> Answer<()> {
        self.write(Db::healthy).await
    }

    async fn quick_check(&self) -> Answer<()> {
        self.check().await
    }
}
