//! What a merchant does to an order. Each action answers whether it made sense and was done.

use super::generate::{self, pick};
use super::hints::{self, Edit};
use super::order::{Fulfilment, Refund, RefundLine, Side};
use super::state::State;
use rand::RngExt as _;
use rust_decimal::Decimal;
use serde_json::Value;
use std::time::Duration;

const CREATED: &str = "order_transactions/create";

impl State {
    pub(super) fn pay(&mut self, now: Duration, id: u64) -> bool {
        let Some(order) = self.orders.get_mut(&id) else {
            return false;
        };
        let due = order.outstanding();
        if order.deleted || order.cancelled.is_some() || due <= Decimal::ZERO {
            return false;
        }
        order.received += due;
        let kind = if order.authorized { "capture" } else { "sale" };
        order.authorized = false;
        self.bump(now, id, false);
        let transaction = self.fresh_id();
        let zone = self.config.offset_hours;
        let order = &self.orders[&id];
        let hint = hints::transaction(order, transaction, kind, due, order.updated, zone);
        self.commit(
            now,
            id,
            &["orders/paid", "orders/updated"],
            vec![(CREATED, hint)],
        );
        self.done(now, id, "pay")
    }

    pub(super) fn edit(&mut self, now: Duration, id: u64) -> bool {
        if !self.is_open(id) {
            return false;
        }
        self.bump(now, id, false);
        self.change_items(now, id);
        self.done(now, id, "edit")
    }

    pub(super) fn edit_same_second(&mut self, now: Duration, id: u64) -> bool {
        if !self.is_open(id) {
            return false;
        }
        self.bump(now, id, false);
        self.change_items(now, id);
        self.bump(now, id, true);
        self.change_items(now, id);
        self.done(now, id, "edit_same_second")
    }

    /// A second, different change under the present `updated_at`.
    pub(super) fn change_within_second(&mut self, now: Duration, id: u64) {
        self.bump(now, id, true);
        if self.is_open(id) && self.chance(0.5) {
            self.change_items(now, id);
        } else {
            let number = self.fresh_id();
            if let Some(order) = self.orders.get_mut(&id) {
                order.note = Some(format!("changed within the second, {number}"));
            }
            self.commit(now, id, &["orders/updated"], Vec::new());
        }
    }

    pub(super) fn refund_line(&mut self, now: Duration, id: u64) -> bool {
        let Some(order) = self.refundable(id) else {
            return false;
        };
        let lines: Vec<usize> = (0..order)
            .filter(|index| 0 < self.orders[&id].lines[*index].current)
            .collect();
        if lines.is_empty() {
            return false;
        }
        let chosen = pick(&mut self.rng, &lines);
        let current = self.orders[&id].lines[chosen].current;
        let units = self.rng.random_range(1..=current);
        self.bump(now, id, false);
        let hints = self.refund(id, &[(chosen, units)], false);
        self.commit(now, id, &["orders/updated"], hints);
        self.done(now, id, "refund_line")
    }

    pub(super) fn refund_all(&mut self, now: Duration, id: u64) -> bool {
        if self.refundable(id).is_none() {
            return false;
        }
        self.bump(now, id, false);
        let everything = self.everything(id);
        let hints = self.refund(id, &everything, true);
        self.commit(now, id, &["orders/updated"], hints);
        self.done(now, id, "refund_all")
    }

    pub(super) fn cancel(&mut self, now: Duration, id: u64) -> bool {
        if !self.is_open(id) || self.orders[&id].fulfillment_status().is_some() {
            return false;
        }
        self.bump(now, id, false);
        let everything = self.everything(id);
        let reason = pick(
            &mut self.rng,
            &[
                "customer",
                "fraud",
                "inventory",
                "declined",
                "other",
                "staff",
            ],
        );
        let paid = self.refundable(id).is_some();
        let hints = if paid {
            self.refund(id, &everything, true)
        } else {
            Vec::new()
        };
        if let Some(order) = self.orders.get_mut(&id) {
            for line in &mut order.lines {
                line.current = 0;
            }
            order.extras_refunded = true;
            order.voided = order.received.is_zero();
            order.cancelled = Some(order.updated);
            order.cancel_reason = Some(reason);
        }
        self.commit(now, id, &["orders/cancelled", "orders/updated"], hints);
        self.done(now, id, "cancel")
    }

    pub(super) fn fulfil(&mut self, now: Duration, id: u64) -> bool {
        if !self.is_open(id)
            || self.orders[&id]
                .lines
                .iter()
                .all(|line| line.fulfillable() == 0)
        {
            return false;
        }
        self.bump(now, id, false);
        let partly = self.chance(0.3);
        let number = self.fresh_id();
        if let Some(order) = self.orders.get_mut(&id) {
            let mut shipped = Vec::new();
            for line in order.lines.iter_mut().filter(|line| 0 < line.fulfillable()) {
                let units = if partly { 1 } else { line.fulfillable() };
                line.fulfilled += units;
                shipped.push((line.id, units));
                if partly {
                    break;
                }
            }
            let at = order.updated;
            order.fulfilments.push(Fulfilment {
                id: number,
                at,
                lines: shipped,
                tracking: format!("JJD{number}"),
            });
        }
        let order = &self.orders[&id];
        let whole = order.fulfillment_status() == Some("fulfilled");
        let topic = if whole {
            "orders/fulfilled"
        } else {
            "orders/partially_fulfilled"
        };
        let hint = hints::fulfilled(order, self.config.offset_hours);
        let hints = hint
            .into_iter()
            .map(|hint| ("fulfillments/create", hint))
            .collect();
        self.commit(now, id, &[topic, "orders/updated"], hints);
        self.done(now, id, "fulfil")
    }

    pub(super) fn touch(&mut self, now: Duration, id: u64) -> bool {
        if self.orders.get(&id).is_none_or(|order| order.deleted) {
            return false;
        }
        self.bump(now, id, false);
        self.commit(now, id, &["orders/updated"], Vec::new());
        self.done(now, id, "touch")
    }

    pub(super) fn delete(&mut self, now: Duration, id: u64) -> bool {
        let Some(order) = self.orders.get_mut(&id).filter(|order| !order.deleted) else {
            return false;
        };
        order.deleted = true;
        self.bump(now, id, true);
        self.announce(now, Some(id), "orders/delete", &hints::deleted(id));
        self.count_action("delete");
        true
    }

    /// A random sensible action on a random order that still exists.
    pub(super) fn act(&mut self, now: Duration) -> Option<(u64, &'static str)> {
        let living: Vec<u64> = self
            .orders
            .values()
            .filter(|order| !order.deleted)
            .map(|order| order.id)
            .collect();
        if living.is_empty() {
            return None;
        }
        let id = pick(&mut self.rng, &living);
        let cancelled = self.orders[&id].cancelled.is_some();
        let drawn = self.rng.random_range(0..100);
        let (done, name) = match drawn {
            0..30 => (self.pay(now, id), "pay"),
            30..50 => (self.fulfil(now, id), "fulfil"),
            50..65 => (self.edit(now, id), "edit"),
            65..77 => (self.refund_line(now, id), "refund_line"),
            77..80 => (self.refund_all(now, id), "refund_all"),
            80..86 => (self.cancel(now, id), "cancel"),
            86..88 => (self.edit_same_second(now, id), "edit_same_second"),
            88..90 if cancelled => (self.delete(now, id), "delete"),
            _ => (false, "touch"),
        };
        if done {
            return Some((id, name));
        }
        // What made no sense for this order becomes an update without visible change.
        self.touch(now, id).then_some((id, "touch"))
    }

    fn done(&mut self, now: Duration, id: u64, name: &'static str) -> bool {
        self.count_action(name);
        self.follow_up(now, id);
        true
    }

    fn is_open(&self, id: u64) -> bool {
        self.orders
            .get(&id)
            .is_some_and(|order| !order.deleted && order.cancelled.is_none())
    }

    /// The number of lines of an order with money that can go back.
    fn refundable(&self, id: u64) -> Option<usize> {
        let order = self.orders.get(&id).filter(|order| !order.deleted)?;
        (Decimal::ZERO < order.received - order.refunded).then_some(order.lines.len())
    }

    /// Adds a line or removes one unit, and sends both topics of an edit.
    fn change_items(&mut self, now: Duration, id: u64) {
        let add = self.chance(0.5);
        let edit = self.fresh_id();
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        let removable: Vec<usize> = (0..order.lines.len())
            .filter(|at| 0 < order.lines[*at].fulfillable())
            .collect();
        let edit = if add || removable.is_empty() || order.units() <= 1 {
            let mut line =
                generate::line(&mut self.rng, &order.currency, 16_000_000_000_000 + edit);
            line.quantity = 1;
            line.current = 1;
            let added = line.id;
            order.lines.push(line);
            Edit {
                id: edit,
                added: Some(added),
                removed: None,
            }
        } else {
            let line = &mut order.lines[pick(&mut self.rng, &removable)];
            line.current -= 1;
            Edit {
                id: edit,
                added: None,
                removed: Some(line.id),
            }
        };
        let hint = hints::edited(order, edit, self.config.offset_hours);
        self.commit(now, id, &["orders/updated"], vec![("orders/edited", hint)]);
    }

    fn everything(&self, id: u64) -> Vec<(usize, u32)> {
        let lines = self.orders.get(&id).map_or(&[][..], |order| &order.lines);
        lines
            .iter()
            .enumerate()
            .filter(|(_, line)| 0 < line.current)
            .map(|(at, line)| (at, line.current))
            .collect()
    }

    /// Takes units back and returns their worth, never more than is left; with `extras` all that is left goes back.
    fn refund(
        &mut self,
        id: u64,
        units: &[(usize, u32)],
        extras: bool,
    ) -> Vec<(&'static str, Value)> {
        let numbers: Vec<u64> = (0..units.len() + 3).map(|_| self.fresh_id()).collect();
        let Some(order) = self.orders.get_mut(&id) else {
            return Vec::new();
        };
        let before = order.totals(Side::Current).total;
        let mut lines = Vec::new();
        for (slot, (index, taken)) in units.iter().enumerate() {
            let line = &order.lines[*index];
            let rest = line.current - taken;
            let subtotal = order.line_net(line, line.current) - order.line_net(line, rest);
            let tax = order.line_tax(line, line.current) - order.line_tax(line, rest);
            lines.push(RefundLine {
                id: numbers[slot + 3],
                line: line.id,
                quantity: *taken,
                subtotal,
                tax,
            });
            order.lines[*index].current = rest;
        }
        order.extras_refunded |= extras;
        let left = order.received - order.refunded;
        let worth = before - order.totals(Side::Current).total;
        let amount = if extras { left } else { worth.min(left) };
        order.refunded += amount;
        let refund = Refund {
            id: numbers[0],
            at: order.updated,
            lines,
            amount,
            transaction: numbers[1],
            extras,
            note: "broken & returned",
        };
        order.refunds.push(refund.clone());
        let zone = self.config.offset_hours;
        let transaction = hints::transaction(
            order,
            refund.transaction,
            "refund",
            amount,
            order.updated,
            zone,
        );
        vec![
            ("refunds/create", hints::refunded(order, &refund, zone)),
            (CREATED, transaction),
        ]
    }
}
