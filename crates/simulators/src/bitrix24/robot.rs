//! Robots: what a portal does by itself to a deal that was just created.

use serde_json::{Map, Value};

use super::state::State;

/// A robot of the first stage: a moment after a deal was created over REST it changes it. Imports do not wake it
/// (facts §2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Robot {
    /// As whom it acts.
    pub user: u64,
    /// How long after the creation, shortest and longest, in milliseconds.
    pub after_ms: (u64, u64),
    /// Where it moves the deal.
    pub stage: Option<String>,
    /// What it writes into the comment.
    pub comments: Option<String>,
}

impl State {
    /// A deal was created: the robot will see to it.
    pub(crate) fn wake_robot(&mut self, deal: u64) {
        let Some(after) = self.config.robot.as_ref().map(|robot| robot.after_ms) else {
            return;
        };
        let due = self.now + self.between(after);
        self.robots.push((due, deal));
    }

    /// Does what robots are to do by now; a deal that is gone meanwhile is passed over.
    pub(crate) fn run_robots(&mut self) {
        if self.robots.is_empty() {
            return;
        }
        let now = self.now;
        let (due, later) = self.robots.drain(..).partition(|(at, _)| *at <= now);
        self.robots = later;
        let due: Vec<(u64, u64)> = due;
        let Some(robot) = self.config.robot.clone() else {
            return;
        };
        for (_, deal) in due {
            if let Some(comments) = &robot.comments {
                let fields =
                    Map::from_iter([("comments".to_owned(), Value::from(comments.as_str()))]);
                self.person_edits(robot.user, deal, &fields);
            }
            if let Some(stage) = &robot.stage {
                self.person_moves(robot.user, deal, stage);
            }
        }
    }
}
