//! Planted bugs: each breaks one rule of the wheel, and the simulation must find it.
//!
//! Without the feature `mutants` [`planted`] is `false` at compile time; a release build refuses the feature.

#[cfg(all(feature = "mutants", not(debug_assertions)))]
compile_error!(
    "the feature `mutants` plants bugs and is refused in a release build; use the profile `sim`"
);

macro_rules! mutants {
    ($($(#[doc = $doc:literal])* $name:ident = $slug:literal,)*) => {
        /// One planted bug.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mutant {
            $($(#[doc = $doc])* $name,)*
        }

        impl Mutant {
            /// All planted bugs.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name on the command line.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// What it breaks.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*),)* }
            }
        }
    };
}

mutants! {
    /// Rule 1: a delivery folded while the order is busy is forgotten.
    DropDeliveryWhileBusy = "drop-delivery-while-busy",
    /// Rule 2: an unknown answer to a create counts as "surely not".
    UnknownIsRefusal = "unknown-is-refusal",
    /// Rule 3: the request leaves before its intent is on disk.
    SendBeforeSave = "send-before-save",
    /// Rule 3: an intent left open by a crash counts as never sent.
    CrashForgetsIntent = "crash-forgets-intent",
    /// Rule 4: a create needs no lookup.
    CreateWithoutLookup = "create-without-lookup",
    /// Rule 4: an early empty lookup proves absence.
    EarlyLookupProves = "early-lookup-proves",
    /// Rule 5: doubt settles at once.
    SettleAtOnce = "settle-at-once",
    /// Rule 5: each restart starts the doubt over.
    RestartRestartsDoubt = "restart-restarts-doubt",
    /// Rule 6: a found deal counts as complete.
    FoundIsComplete = "found-is-complete",
    /// Rule 7: an unknown update counts as said.
    UnknownUpdateIsSaid = "unknown-update-is-said",
    /// Rule 7: the newest is not said once more after an unknown update.
    NoDebt = "no-debt",
    /// Rule 7: a stage is written without a read in the same turn.
    StageWithoutRead = "stage-without-read",
    /// Design §4.4: a field that a person changed is written over.
    OverwriteTouched = "overwrite-touched",
    /// Rule 8: the deal is written again on each turn.
    AlwaysResend = "always-resend",
    /// Rule 9: the survivor of a duplicate set is the newest deal, not the linked one.
    NewestSurvives = "newest-survives",
    /// Rule 9: deals without our mark are flagged.
    FlagWithoutMark = "flag-without-mark",
    /// Rule 10: a deleted deal is created again.
    Resurrect = "resurrect",
    /// Rule 10: an answer about another order's deal is accepted.
    IgnoreMismatch = "ignore-mismatch",
    /// Rule 11: a cold ledger creates.
    ColdCreates = "cold-creates",
    /// Rule 12: a poisonous order is tried for ever.
    PoisonNeverParks = "poison-never-parks",
    /// Rule 12: a limit counts against the order.
    LimitCounts = "limit-counts",
    /// Rule 12: an order that spoils requests is packed with others again.
    PoisonPackedAgain = "poison-packed-again",
    /// Rule 13: a contact is created again after an unknown answer.
    ContactBlindRetry = "contact-blind-retry",
    /// Rule 13: a company is created again after an unknown answer.
    CompanyBlindRetry = "company-blind-retry",
    /// Rule 13: a deal created without its contact stays without.
    ContactNeverLinked = "contact-never-linked",
    /// Rule 14: the same contact is worked on by two turns at once.
    ContactNotLocked = "contact-not-locked",
    /// Rule 14: two turns work on one order, and both are under way at once.
    KeyTwiceInFlight = "key-twice-in-flight",
    /// Design §4.6: the answers of a batch are given to the wrong commands.
    AnswersShifted = "answers-shifted",
    /// Rule 15: a batch that refers to its own results goes on after a command that failed.
    ReferenceToFailed = "reference-to-failed",
    /// Rule 15: a comment is sent again after an unknown answer.
    CommentAgain = "comment-again",
    /// Rule 16: the last delivery to arrive wins.
    LastArrivalWins = "last-arrival-wins",
    /// Rule 16: of two states of one second the first to arrive stays.
    TieKeepsFirst = "tie-keeps-first",
    /// Promise S3: the webhook is answered before it is stored.
    AnswerBeforeStore = "answer-before-store",
    /// Design §4.2, rule 11: the reconciler's mark moves on before its pass is complete.
    MarkBeforePass = "mark-before-pass",
    /// Rule 16: nobody asks the shop how an order is now when it only hints, or contradicts itself.
    HintIgnored = "hint-ignored",
    /// Access: a new pair of tokens is in use before it is on disk.
    TokenBeforeSave = "token-before-save",
    /// Access: whoever finds the token expired asks for the next one.
    RefreshNotSingle = "refresh-not-single",
    /// Promise S7: rows of a list are taken without comparing the key again.
    TrustTheList = "trust-the-list",
    /// Design §3.4: only the origin pair is looked up, not the order field.
    SkipOrderField = "skip-order-field",
    /// Operator: the deal that an operator chose is linked without reading it first.
    ChooseWithoutRead = "choose-without-read",
    /// Operator: what operators asked for and no turn took yet is forgotten at a start.
    StartForgetsWishes = "start-forgets-wishes",
    /// Operator: an order that an operator lets rest is worked on all the same.
    ParkedCreates = "parked-creates",
    /// Operator: a line that an operator dismissed is shown again.
    DismissedReturns = "dismissed-returns",
}

#[cfg(feature = "mutants")]
thread_local! {
    static ACTIVE: std::cell::Cell<Option<Mutant>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug for the current thread, or removes it.
#[cfg(feature = "mutants")]
pub fn plant(mutant: Option<Mutant>) {
    ACTIVE.with(|it| it.set(mutant));
}

/// Whether this bug is planted on the current thread.
#[cfg(feature = "mutants")]
pub fn planted(mutant: Mutant) -> bool {
    ACTIVE.with(|it| it.get() == Some(mutant))
}

/// Whether this bug is planted: never, in a build without the feature.
#[cfg(not(feature = "mutants"))]
pub const fn planted(_mutant: Mutant) -> bool {
    false
}
