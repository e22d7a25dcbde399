//! Why something is not done, and what to do instead, in plain words.

use kernel::operator::WhyNot;
use serde::Serialize;
use store::StoreError;

use crate::{Chain, board::words::Said};

/// Why an action is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refused {
    /// The ledger does not know the order.
    #[error("the ledger does not know this order")]
    UnknownOrder,
    /// The order has no such delivery.
    #[error("the order has no delivery of this number")]
    UnknownDelivery,
    /// The order's state was written by another version.
    #[error("the state of this order cannot be read by this version")]
    UnreadableState,
    /// The line to dismiss is not shown.
    #[error("no such line is shown for this order")]
    NoSuchLine,
    /// As the order stands, it cannot be done.
    #[error("it cannot be done: {why}")]
    NotDone {
        /// Why.
        why: WhyNot,
    },
    /// Enough waits for this order already.
    #[error("enough is asked of this order already")]
    TooManyWait,
    /// A bulk action names more orders than it may.
    #[error("{named} orders are named, at most {max} may be")]
    TooManyOrders {
        /// Orders named.
        named: usize,
        /// Orders that may be named.
        max: usize,
    },
    /// The action cannot be written down.
    #[error("the action cannot be written down")]
    Unwritable,
    /// The portal gives no answer.
    #[error("the portal gives no answer")]
    NoAnswer,
    /// The ledger cannot be used.
    #[error("the ledger cannot be used: {error}")]
    Ledger {
        /// What it says.
        error: String,
    },
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        let error = Chain(&error).to_string();
        Self::Ledger { error }
    }
}

impl Refused {
    /// Why, and what to do, in words.
    pub fn says(&self) -> Said {
        match self {
            Self::UnknownOrder => Said::new(
                "The ledger does not know this order. It is known once a webhook of it arrived: touch the order in Shopify.",
                "Журнал не знает этого заказа. Он станет известен с первым вебхуком: измените заказ в Shopify.",
            ),
            Self::UnknownDelivery => Said::new(
                "The order has no delivery of this number. Its page lists those it has.",
                "У заказа нет доставки с таким номером. Его доставки перечислены на его странице.",
            ),
            Self::UnreadableState => Said::new(
                "The state of this order was written by another version of onedeal. Install that version or a newer one.",
                "Состояние заказа записано другой версией onedeal. Установите её или более новую.",
            ),
            Self::NoSuchLine => Said::new(
                "No such line is shown for this order any more. Reload the page.",
                "Такого замечания у заказа больше нет. Обновите страницу.",
            ),
            Self::NotDone { why } => words(why),
            Self::TooManyWait => Said::new(
                "Enough is asked of this order already. Wait until it is done.",
                "О заказе уже попросили достаточно. Подождите, пока это будет сделано.",
            ),
            Self::TooManyOrders { named, max } => Said::new(
                format!(
                    "{named} orders are named; at most {max} may be named at once. Do it in parts."
                ),
                format!(
                    "Названо заказов: {named}; за один раз можно не больше {max}. Сделайте это по частям."
                ),
            ),
            Self::Unwritable => Said::new(
                "The action cannot be written down: a mistake in the program.",
                "Действие не удаётся записать: ошибка в программе.",
            ),
            Self::NoAnswer => Said::new(
                "Bitrix24 gives no answer at present. Try again in a minute.",
                "Битрикс24 сейчас не отвечает. Попробуйте через минуту.",
            ),
            Self::Ledger { error } => Said::new(
                format!("The ledger cannot be used: {error}. Nothing was done."),
                format!("Журнал недоступен: {error}. Ничего не сделано."),
            ),
        }
    }
}

/// Why something asked for was not done, and what to do.
pub(super) fn words(why: &WhyNot) -> Said {
    match why {
        WhyNot::NeverSeen => Said::new(
            "No state of this order could be read yet. Press “Sync now”, or wait for its next webhook.",
            "Ни одно состояние заказа ещё не прочитано. Нажмите «Синхронизировать» или дождитесь следующего вебхука.",
        ),
        WhyNot::Missing => Said::new(
            "Bitrix24 does not know this deal: it was deleted, or the number is wrong. Choose another one.",
            "Битрикс24 не знает этой сделки: её удалили, или номер неверен. Выберите другую.",
        ),
        WhyNot::AnotherKey => Said::new(
            "This deal carries the key of something else: of another order, or of another system. Choose another deal; if this one \
             really is the order's, have its external id (ORIGINATOR_ID, ORIGIN_ID) and its order field emptied first.",
            "На этой сделке ключ другого заказа или другой системы. Выберите другую; если она действительно от этого заказа, сначала \
             очистите её внешний код (ORIGINATOR_ID, ORIGIN_ID) и поле заказа.",
        ),
        WhyNot::Flagged => Said::new(
            "This deal is flagged as a duplicate. If it shall stay after all, take “[DUPLICATE of …]” out of its title and empty the \
             field that names the other deal; then choose it again.",
            "Эта сделка помечена как дубликат. Если она всё же должна остаться, уберите «[DUPLICATE of …]» из названия и очистите поле \
             с номером другой сделки; затем выберите её снова.",
        ),
        WhyNot::Linked(order) => Said::new(
            format!("This deal belongs to order {order}. Choose another one."),
            format!("Эта сделка принадлежит заказу {order}. Выберите другую."),
        ),
        WhyNot::Replaced => Said::new(
            "Something else was asked for after it, which counts.",
            "После этого попросили о другом: действует оно.",
        ),
        WhyNot::NotDeleted => Said::new(
            "The deal of this order was not deleted: there is nothing to make again.",
            "Сделку этого заказа не удаляли: создавать заново нечего.",
        ),
        WhyNot::Unwanted => Said::new(
            "The mapping wants no deal for this order (`create_when`). Change the mapping first.",
            "По правилам (`create_when`) этому заказу сделка не нужна. Сначала измените правила.",
        ),
        WhyNot::NoDuplicate => Said::new(
            "This deal is not known as a duplicate of the order. Reload the page.",
            "Эта сделка не известна как дубликат заказа. Обновите страницу.",
        ),
        WhyNot::FlaggedAlready => Said::new(
            "This duplicate is flagged already, or gone.",
            "Этот дубликат уже помечен или удалён.",
        ),
        WhyNot::NotUnderstood => Said::new(
            "Another version of onedeal wrote this wish, and this one does not understand it. Ask for it again.",
            "Эту просьбу записала другая версия onedeal, текущая её не понимает. Попросите ещё раз.",
        ),
        WhyNot::NoSurvivor => Said::new(
            "The order has no deal that could stay. Choose its deal first.",
            "У заказа нет сделки, которая осталась бы. Сначала выберите его сделку.",
        ),
    }
}
