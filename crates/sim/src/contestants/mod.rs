//! Systems that run among the same simulated peers as ours, to be judged by the same laws.

pub mod seed;
