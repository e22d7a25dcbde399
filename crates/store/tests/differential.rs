//! Random operations on both faces give equal answers and leave equal ledgers; and in every state some promises hold.

mod common;

use std::{collections::BTreeMap, fmt::Debug, path::Path};

use common::{claim_at, delivery, key, ms, shop, start, turn};
use kernel::{DealId, DeliverySeq, IntentId};
use proptest::prelude::*;
use store::{
    Answer, BootClock, COMMAND_DONE, ClaimedOrder, CommandChange, ContactSave, DeliveryKind, Fold,
    InlineStore, IntentChange, IntentSubject, NewCommand, NewDelivery, SqliteStore, Started, Store,
    Then, TimelineEntry, Turn,
};

const ORDERS: u64 = 4;
const CASES: u32 = 40;
const STEPS_MAX: usize = 60;

#[derive(Debug, Clone)]
enum Step {
    Accept {
        order: u64,
        at: u64,
        kind: u8,
    },
    Claim {
        now: u64,
        limit: usize,
        exclude: u64,
    },
    Load {
        order: u64,
    },
    Save {
        order: u64,
        fold: usize,
        then: Option<Option<u64>>,
        stale: bool,
        intent: u8,
        contact: Option<Option<u64>>,
    },
    Checkpoint {
        now: u64,
    },
    Restart,
    Stop,
    Meta {
        value: u8,
    },
    Command {
        order: u64,
        what: u64,
        due: u64,
    },
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_faces_are_the_same_ledger(steps in proptest::collection::vec(step(), 1..STEPS_MAX)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        runtime.block_on(play(steps));
    }
}

async fn play(steps: Vec<Step>) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("ledger.db");
    let inline = InlineStore::new().expect("open");
    let mut left = Player::new(inline.clone()).await;
    let mut right = Player::new(open(&path)).await;
    for (number, step) in steps.iter().enumerate() {
        if let Step::Restart = step {
            left = Player::new(inline.clone()).await;
            drop(right);
            right = Player::new(open(&path)).await;
        }
        assert_eq!(
            left.play(step).await,
            right.play(step).await,
            "step {number}: {step:?}"
        );
        assert_eq!(
            left.look().await,
            right.look().await,
            "after step {number}: {step:?}"
        );
        if let Step::Save { .. } = step {
            no_wake_up_is_lost(&inline).await;
        }
    }
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).expect("open")
}

struct Player<S> {
    store: S,
    started: Started,
    claimed: BTreeMap<u64, ClaimedOrder>,
}

impl<S: Store> Player<S> {
    async fn new(store: S) -> Self {
        let started = start(&store, 0).await;
        Self {
            store,
            started,
            claimed: BTreeMap::new(),
        }
    }

    async fn play(&mut self, step: &Step) -> String {
        let store = &self.store;
        match step {
            Step::Accept { order, at, kind } => {
                text(store.accept(random_delivery(*order, *at, *kind)).await)
            }
            Step::Claim {
                now,
                limit,
                exclude,
            } => {
                let mut claim = claim_at(&self.started, *now, *limit);
                claim.exclude = vec![key(*exclude)];
                let answer = store.claim(claim).await;
                for order in answer.iter().flatten() {
                    self.claimed.insert(order.key.order.0, order.clone());
                }
                text(answer)
            }
            Step::Load { order } => {
                let answer = store.load(&key(*order)).await;
                if let Ok(Some(order)) = &answer {
                    self.claimed.insert(order.key.order.0, order.clone());
                }
                text(answer)
            }
            Step::Save {
                order,
                fold,
                then,
                stale,
                intent,
                contact,
            } => {
                let Some(mut claimed) = self.claimed.remove(order) else {
                    return "not claimed".into();
                };
                let row_version = if *stale {
                    claimed.row_version + 1
                } else {
                    claimed.row_version
                };
                let mut wishes = claimed.commands.drain(..);
                let commands = wishes.next().map(|it| CommandChange::Settled {
                    seq: it.seq,
                    outcome: COMMAND_DONE,
                    why: None,
                    wall_ms: 0,
                });
                let commands = commands.into_iter().collect();
                drop(wishes);
                let fold = (*fold).min(claimed.deliveries.len());
                let turn = Turn {
                    folded: claimed
                        .deliveries
                        .drain(..fold)
                        .map(|it| (it.seq, Fold::Applied))
                        .collect(),
                    intents: self.intent(*order, *intent).await,
                    contacts: contact
                        .map(|row_version| ContactSave {
                            aliases: vec!["another name".to_owned()],
                            contact_key: "person".into(),
                            state: format!("{order}"),
                            portal_id: row_version,
                            row_version,
                        })
                        .into_iter()
                        .collect(),
                    commands,
                    refetch: (fold == 2).then(|| ms(row_version)),
                    deal: (*order == 1).then_some(DealId(*order)),
                    timeline: vec![TimelineEntry {
                        at: ms(row_version),
                        wall_ms: 0,
                        kind: "saved".into(),
                        text: format!("{fold}"),
                        detail: None,
                    }],
                    then: then.map_or(Then::Keep, |due| Then::Release { due: due.map(ms) }),
                    ..turn(*order, row_version, None)
                };
                let answer = self.store.save(turn).await;
                match (&answer, then) {
                    (Ok(row_version), None) => {
                        claimed.row_version = *row_version;
                        self.claimed.insert(*order, claimed);
                    }
                    (Ok(_), Some(_)) | (Err(_), _) => {}
                }
                text(answer)
            }
            Step::Checkpoint { now } => text(
                store
                    .checkpoint(
                        ms(*now),
                        BootClock {
                            boot_id: "boot".into(),
                            boottime_ms: 0,
                        },
                    )
                    .await,
            ),
            Step::Restart => text(Ok(&self.started)),
            Step::Stop => text(store.stopped_cleanly().await),
            Step::Command { order, what, due } => {
                let wish = NewCommand {
                    key: key(*order),
                    who: "anna".into(),
                    action: format!("wish {what}"),
                    wall_ms: 0,
                    due: ms(*due),
                    claims: (*what == 1).then_some(DealId(*order % 2)),
                    replays: (*what == 2).then_some(DeliverySeq(*due)),
                };
                text(store.command(wish).await)
            }
            Step::Meta { value } => text(store.set_meta("key", &value.to_string()).await),
        }
    }

    /// 1 opens for the order, 2 for the contact, 3 closes what is open; 0 does nothing.
    async fn intent(&self, order: u64, what: u8) -> Vec<IntentChange> {
        let subject = match what {
            1 => IntentSubject::Order,
            2 => IntentSubject::Contact("person".into()),
            3 => {
                let open = self.store.open_intents().await.expect("read");
                let of_order = open.iter().filter(|it| it.key == key(order));
                let close = |intent: IntentId| IntentChange::Close {
                    intent,
                    outcome: "done".into(),
                    at: ms(9),
                };
                return of_order.map(|it| close(it.intent)).collect();
            }
            _ => return Vec::new(),
        };
        let intent = self.store.new_intent();
        vec![IntentChange::Open {
            intent,
            kind: "create".into(),
            subject,
            at: ms(1),
            evidence: "{}".into(),
        }]
    }

    /// Everything that can be asked.
    async fn look(&self) -> String {
        let store = &self.store;
        let mut seen = vec![
            text(store.find_orders("", 99).await),
            text(store.counts().await),
            text(store.next_due().await),
            text(store.open_intents().await),
            text(store.has_deals().await),
            text(store.contact(&shop(), "person").await),
            text(store.unreadable(9).await),
            text(store.meta("key").await),
            text(store.refetches(&shop(), ms(99), 9).await),
            text(store.commands(None, None, 99).await),
        ];
        for order in 0..ORDERS {
            seen.push(text(store.order(&key(order)).await));
            seen.push(text(store.timeline(&key(order), 9).await));
            seen.push(text(store.intents(&key(order)).await));
        }
        seen.join("\n")
    }
}

/// An order that rests, unclaimed and without a due time, has nothing waiting. Asked on a copy, because asking claims.
async fn no_wake_up_is_lost(store: &InlineStore) {
    let copy = InlineStore::new().expect("open");
    copy.restore(&store.backup().expect("backup"))
        .expect("restore");
    let orders = copy.find_orders("", 99).await.expect("read");
    for order in orders.iter().filter(|it| !it.claimed && it.due.is_none()) {
        let loaded = copy.load(&order.key).await.expect("load").expect("known");
        assert_eq!(
            loaded.deliveries,
            [],
            "{} rests although deliveries wait",
            order.key
        );
        assert_eq!(
            loaded.commands,
            [],
            "{} rests although wishes wait",
            order.key
        );
    }
}

fn text<T: Debug>(answer: Answer<T>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("error: {error}"),
    }
}

fn random_delivery(order: u64, at: u64, kind: u8) -> NewDelivery {
    let plain = delivery(order, at);
    match kind {
        0 => NewDelivery {
            kind: DeliveryKind::Hint,
            ..plain
        },
        1 => NewDelivery {
            kind: DeliveryKind::Noted,
            order: None,
            ..plain
        },
        2 => NewDelivery {
            kind: DeliveryKind::Unreadable("why".into()),
            order: None,
            ..plain
        },
        3 => NewDelivery {
            kind: DeliveryKind::Unreadable("why".into()),
            ..plain
        },
        _ => plain,
    }
}

fn step() -> impl Strategy<Value = Step> {
    let order = 0..ORDERS;
    let then = proptest::option::weighted(0.7, proptest::option::of(0..50_u64));
    let contact = proptest::option::weighted(0.3, proptest::option::of(1..3_u64));
    prop_oneof![
        4 => (order.clone(), 0..50_u64, 0..8_u8).prop_map(|(order, at, kind)| Step::Accept { order, at, kind }),
        3 => (0..60_u64, 1..4_usize, 0..20_u64).prop_map(|(now, limit, exclude)| Step::Claim { now, limit, exclude }),
        1 => order.clone().prop_map(|order| Step::Load { order }),
        6 => (order, 0..4_usize, then, prop::bool::weighted(0.1), 0..8_u8, contact).prop_map(
            |(order, fold, then, stale, intent, contact)| Step::Save { order, fold, then, stale, intent, contact }
        ),
        1 => (0..90_u64).prop_map(|now| Step::Checkpoint { now }),
        1 => Just(Step::Restart),
        1 => Just(Step::Stop),
        1 => any::<u8>().prop_map(|value| Step::Meta { value }),
        2 => (0..ORDERS, 0..4_u64, 0..50_u64).prop_map(|(order, what, due)| Step::Command { order, what, due }),
    ]
}
