//! Where an order stands.

use super::Said;
use crate::board::model::Part;

/// What a part is called.
pub fn part_label(part: Part) -> Said {
    match part {
        Part::Linked => Said::new("Linked", "Со сделкой"),
        Part::Waiting => Said::new("Waiting", "Ожидают"),
        Part::InDoubt => Said::new("In doubt", "Под вопросом"),
        Part::Parked => Said::new("Parked", "Отложены"),
        Part::Deleted => Said::new("Deal deleted", "Сделка удалена"),
        Part::Ignored => Said::new("Ignored", "Без сделки"),
        Part::Unwanted => Said::new("Not wanted", "Не нужны"),
    }
}

/// What a part means.
pub fn part_means(part: Part) -> Said {
    match part {
        Part::Linked => Said::new("The order has its deal.", "У заказа есть сделка."),
        Part::Waiting => Said::new(
            "The deal is still to be found or made.",
            "Сделку ещё предстоит найти или создать.",
        ),
        Part::InDoubt => Said::new(
            "The answer to a create was lost: it is being found out whether the deal exists. Nothing is created meanwhile.",
            "Ответ на создание потерян: выясняется, есть ли сделка. До этого ничего не создаётся.",
        ),
        Part::Parked => Said::new(
            "It rests until a person or a change of the order wakes it.",
            "Отложен, пока его не разбудит человек или изменение заказа.",
        ),
        Part::Deleted => Said::new(
            "A person deleted the deal; it is not made again.",
            "Сделку удалил человек; заново она не создаётся.",
        ),
        Part::Ignored => Said::new(
            "An operator decided that the order needs no deal.",
            "Оператор решил, что заказу сделка не нужна.",
        ),
        Part::Unwanted => Said::new(
            "The mapping wants no deal for such an order.",
            "Правила не предусматривают сделки для такого заказа.",
        ),
    }
}

/// What a phase means. The words are the kernel's; one that this version does not know stands alone.
pub fn phase_says(phase: &str) -> Said {
    match phase {
        "new" => Said::new("heard of, not worked on yet", "известен, ещё не обработан"),
        "waiting" => Said::new(
            "its deal is to be found or created",
            "сделку предстоит найти или создать",
        ),
        "sending" => Said::new("its deal is being created", "сделка создаётся"),
        "in_doubt" => Said::new(
            "a create had no answer; it is looked up until that is settled",
            "на создание не было ответа; идёт проверка, пока это не решится",
        ),
        "linked" => Said::new("it has its deal", "у заказа есть сделка"),
        "missing" => Said::new(
            "its deal cannot be found; it is looked up",
            "сделка не находится; идёт поиск",
        ),
        "tombstone" => Said::new(
            "a person deleted its deal; none is made again",
            "сделку удалил человек; новая не создаётся",
        ),
        "parked" => Said::new(
            "it rests until a person or a change wakes it",
            "отложен до действия человека или изменения",
        ),
        "ignored" => Said::new(
            "an operator wants no deal for it",
            "оператор решил не создавать сделку",
        ),
        "unwanted" => Said::new(
            "the mapping wants no deal for it",
            "правила не предусматривают сделки",
        ),
        other => Said::same(other),
    }
}
