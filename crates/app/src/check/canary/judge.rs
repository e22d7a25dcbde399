//! What came of a flight, beside what should have come of it.

use std::{collections::BTreeSet, time::Duration};

use kernel::{
    DealId,
    deal::{FieldValue, field},
};
use rust_decimal::Decimal;
use service::inquiry::{DealShown, InquiryError};

use super::{
    Canary, Outcome, Verdict,
    flight::{End, Flown},
    order::TestOrder,
    outcome::rounded,
    words,
};
use crate::{check::portal::Answers, lang::Lang, peer::Hindrance};

/// Of its ten minutes a method may run 480 s: new orders per second are at most this over the seconds of one add
/// (facts/bitrix24.md §5.2).
const RUNNING_SHARE: f64 = 0.8;

/// R: a list that is later than this breaks an assumption (A-R).
const LAG_MAX: Duration = Duration::from_secs(30);

/// How often the portal is asked for the final proof.
const PROOFS_MAX: u32 = 8;

/// The pause between two of them.
const PROOF_PAUSE: Duration = Duration::from_secs(1);

/// The figures alone; nothing is judged yet.
pub(super) fn figures(order: &TestOrder, flown: &Flown) -> Outcome {
    let seen = &flown.witness;
    let made = seen.made.first();
    let seconds = |it: Duration| rounded(it.as_secs_f64());
    let portal_s = made.and_then(|it| it.portal_s);
    let amount = format!("{:.2} {}", order.order.total, order.order.currency);
    Outcome {
        verdict: Verdict::Wrong,
        why: Vec::new(),
        shop: Some(order.key.order.shop.to_string()),
        order: Some(order.key.order.order.0),
        amount: Some(amount),
        deal: flown.order.as_ref().and_then(|it| it.deal).map(|it| it.0),
        creates_sent: seen.sent,
        creates_answered: seen.answered,
        answers_thrown_away: u32::from(seen.thrown_away.is_some()),
        found_again_s: flown.found_again.map(seconds),
        settled_s: flown.settled.map(seconds),
        lag_by_origin_s: flown.lag.origin.map(Into::into),
        lag_by_field_s: flown.lag.field.map(Into::into),
        add_portal_s: portal_s.map(rounded),
        add_round_trip_s: made.map(|it| seconds(it.round_trip)),
        add_operating_s: made.and_then(|it| it.operating_s).map(rounded),
        orders_per_s: portal_s
            .filter(|it| 0.0 < *it)
            .map(|it| rounded(RUNNING_SHARE / it)),
        requests: seen.requests,
        ..Outcome::not_run(String::new())
    }
}

impl Canary<'_> {
    /// What is wrong; nothing if all is right. What the portal shows goes into the outcome.
    pub(super) async fn judge(
        &self,
        order: &TestOrder,
        flown: &Flown,
        answers: &Answers,
        outcome: &mut Outcome,
    ) -> Vec<String> {
        let lang = self.lang;
        let mut wrong: Vec<String> = ended(flown, lang).into_iter().collect();
        let unseen = |error| Hindrance::of(&error, &self.subject.settings.portal, lang).problem;
        let proof = match patiently(async || self.inquiry.canaries(&order.key).await).await {
            Ok(proof) => proof,
            Err(error) => {
                wrong.push(unseen(error));
                return wrong;
            }
        };
        outcome.by_origin = numbers(&proof.by_origin);
        outcome.by_field = proof.by_field.as_ref().map(numbers);
        let disagree = proof
            .by_field
            .as_ref()
            .is_some_and(|it| *it != proof.by_origin);
        if proof.by_origin.len() != 1 || disagree {
            wrong.push(words::not_one(proof.by_origin.len(), lang));
        }
        let kept = flown.order.as_ref().and_then(|it| it.deal);
        match kept.filter(|it| proof.by_origin.contains(it)) {
            // What was not seen is not right.
            None => wrong.push(words::another(kept, lang)),
            Some(deal) => match patiently(async || self.inquiry.deal(deal).await).await {
                Ok(Some(shown)) => {
                    wrong.extend(content(order.order.total, &shown, lang));
                    self.stages(&shown, answers, outcome);
                }
                Ok(None) => wrong.push(words::gone(deal, lang)),
                Err(error) => wrong.push(unseen(error)),
            },
        }
        let late = flown.lag.origin.filter(|it| LAG_MAX < it.at_latest);
        wrong.extend(late.map(|it| words::late(it.at_latest, lang)));
        wrong
    }

    /// Where it was created, and where somebody else moved it.
    fn stages(&self, shown: &DealShown, answers: &Answers, outcome: &mut Outcome) {
        let first = self.mapping.first();
        outcome.stage = Some(words::stage(&first.stage, answers));
        if let Some(FieldValue::Text(now)) = shown.fields.get(field::STAGE)
            && *now != first.stage
        {
            outcome.moved_to = Some(words::stage(now, answers));
        }
    }
}

/// Asks until the portal answers.
async fn patiently<T>(ask: impl AsyncFn() -> Result<T, InquiryError>) -> Result<T, InquiryError> {
    let mut tried = 0;
    loop {
        tried += 1;
        match ask().await {
            Err(error) if error.passes() && tried < PROOFS_MAX => {
                tokio::time::sleep(PROOF_PAUSE).await;
            }
            answered => return answered,
        }
    }
}

/// How the flight ended, if not as it should.
fn ended(flown: &Flown, lang: Lang) -> Option<String> {
    let history = || flown.history.join(" | ");
    let text = match (flown.end, lang) {
        (End::Settled | End::Interrupted, _) => return None,
        (End::NoDeal, Lang::En) => format!("no deal came of the order: {}", history()),
        (End::NoDeal, Lang::Ru) => format!("сделка не появилась: {}", history()),
        (End::TooLong, Lang::En) => {
            format!("the order did not come to rest in time: {}", history())
        }
        (End::TooLong, Lang::Ru) => {
            format!("заказ не пришёл в покой за отведённое время: {}", history())
        }
        (End::NotTaken(status), Lang::En) => {
            format!("our own intake did not take the webhook (status {status})")
        }
        (End::NotTaken(status), Lang::Ru) => {
            format!("наш приём вебхуков не принял доставку (код {status})")
        }
    };
    Some(text)
}

/// Whether the deal says what the order says.
fn content(total: Decimal, shown: &DealShown, lang: Lang) -> Option<String> {
    let amount = match shown.fields.get(field::AMOUNT) {
        Some(FieldValue::Number(amount)) => Some(*amount),
        Some(
            FieldValue::Text(_) | FieldValue::Flag(_) | FieldValue::Ids(_) | FieldValue::Texts(_),
        )
        | None => None,
    };
    let rows: Decimal = shown.rows.iter().map(|it| it.price * it.quantity).sum();
    let right = amount == Some(total) && rows == total;
    (!right).then(|| {
        let amount = amount.map_or_else(|| "–".to_owned(), |it| it.to_string());
        match lang {
            Lang::En => format!(
                "the order's total is {total}, the deal's amount {amount}, its rows add up to {rows}"
            ),
            Lang::Ru => format!("сумма заказа {total}, сделки {amount}, её строк {rows}"),
        }
    })
}

pub(super) fn numbers(of: &BTreeSet<DealId>) -> Vec<u64> {
    of.iter().map(|it| it.0).collect()
}
