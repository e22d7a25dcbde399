//! What the portal allows at most, computed from its settings alone (protocol §8.2).
//!
//! A fluid calculation: requests and commands are divided at will, as many are under way at once as one likes, and
//! nothing takes time but what the portal counts: its bucket of requests, and the running time of each method in ten
//! baskets of a minute.

use super::plan::Plan;

/// Commands of one request (facts §1.4).
const BATCH: f64 = 50.0;

/// Running time of one method within ten minutes, in seconds (facts §5.2).
const OPERATING_S: f64 = 480.0;

/// Baskets of a minute over which it is summed.
const BASKETS: usize = 10;

/// Commands shorter than this are not counted, in milliseconds (facts §5.2).
const COUNTED_FROM_MS: u64 = 100;

/// Step of the calculation, in seconds.
const STEP_S: f64 = 0.1;

const STEPS_PER_MINUTE: usize = 600;

/// The shortest time in which the portal takes the plan's orders, in seconds.
pub(super) fn seconds(plan: &Plan) -> f64 {
    let adds = plan.adds() as f64;
    let commands = adds + 1.0;
    let methods = [(plan.add_ms, adds), (plan.rows_ms, 1.0)];
    let mut operating = methods.map(|_| [0.0_f64; BASKETS]);
    let (mut requests, mut left) = (plan.burst, plan.orders as f64);
    let mut step = 0;
    loop {
        let basket = step / STEPS_PER_MINUTE % BASKETS;
        if step % STEPS_PER_MINUTE == 0 {
            for spent in &mut operating {
                spent[basket] = 0.0;
            }
        }
        let mut orders = (requests * BATCH / commands).min(left);
        for ((ms, count), spent) in methods.iter().zip(&operating) {
            if COUNTED_FROM_MS <= *ms {
                let free = OPERATING_S - spent.iter().sum::<f64>();
                orders = orders.min(free / (*ms as f64 / 1000.0) / count);
            }
        }
        let orders = orders.max(0.0);
        for ((ms, count), spent) in methods.iter().zip(&mut operating) {
            spent[basket] += orders * count * *ms as f64 / 1000.0;
        }
        left -= orders;
        if left < 1e-6 {
            return step as f64 * STEP_S;
        }
        requests =
            (requests - orders * commands / BATCH + plan.per_second * STEP_S).min(plan.burst);
        step += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(orders: u64, add_ms: u64, rows_ms: u64) -> Plan {
        Plan::example(orders, add_ms, rows_ms)
    }

    #[test]
    fn a_burst_is_free() {
        // 50 requests of 25 orders each.
        assert_eq!(seconds(&plan(1_250, 50, 50)), 0.0);
    }

    #[test]
    fn then_the_bucket_leaks() {
        // 1 000 orders more are 40 requests at two per second.
        let took = seconds(&plan(2_250, 50, 50));
        assert!((took - 20.0).abs() < 0.3, "{took}");
    }

    #[test]
    fn then_the_running_time_of_a_method_is_used_up_until_its_minute_falls_out() {
        // 480 s of adds are 1 920 orders; the minute in which they ran falls out ten minutes later.
        let took = seconds(&plan(1_921, 250, 50));
        assert!((took - 600.0).abs() < 0.3, "{took}");
        let took = seconds(&plan(3_841, 250, 50));
        assert!((took - 1_200.0).abs() < 0.3, "{took}");
    }

    #[test]
    fn the_slower_method_binds() {
        let took = seconds(&plan(1_921, 50, 250));
        assert!((took - 600.0).abs() < 0.3, "{took}");
    }
}
