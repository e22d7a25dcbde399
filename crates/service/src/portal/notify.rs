//! A notification to a user of the portal: the least urgent thing of all, and never sent twice.

use std::time::Duration;

use bitrix24::{Answer, Call, Outcome as Wire};
use kernel::pacer::Trip;
use serde_json::json;

use super::{
    Portal, lost,
    outcome::{self, News},
};
use crate::{alerts::NotTold, transport::Transport};

/// The method; it needs the right `im`.
const METHOD: &str = "im.notify.system.add";

/// How often it is looked whether orders leave room for it …
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// … and for how long.
const LOOKS_MAX: u32 = 60;

impl<T: Transport> Portal<T> {
    /// Notifies a user once the portal has room for it. A later notification with the same tag replaces an earlier one.
    pub(crate) async fn notify_user(
        &self,
        user: u64,
        text: &str,
        tag: &str,
    ) -> Result<(), NotTold> {
        self.leisure().await?;
        let params = json!({ "USER_ID": user, "MESSAGE": text, "TAG": tag });
        let call = Call::new(METHOD, params);
        self.carries(&[METHOD]);
        let answers = self
            .send(
                |access| access.request(&call),
                |reply| vec![bitrix24::read(&call, reply)],
            )
            .await;
        let answer = answers.into_iter().next().unwrap_or_else(lost);
        self.learn_limits(&answer);
        match answer {
            Wire::Done(_) => Ok(()),
            Wire::Refused(refusal) => Err(NotTold::Surely(format!(
                "the portal refuses the notification ({}); does the webhook or application have the right `im`?",
                refusal.code
            ))),
            Wire::Unknown(_) => Err(NotTold::Unknown),
        }
    }

    /// Waits until no order waits for the portal and it has room.
    async fn leisure(&self) -> Result<(), NotTold> {
        for _ in 0..LOOKS_MAX {
            let now = self.clock.now();
            if self.keys.is_open() && self.desk.is_quiet() {
                let mut pacer = self.pacer();
                if !pacer.is_pressed(now)
                    && pacer.open(now).is_ok()
                    && pacer.allowance(METHOD, false, now).is_ok()
                {
                    pacer.leaves(now);
                    return Ok(());
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(NotTold::Surely(
            "the portal had no room for a notification".to_owned(),
        ))
    }

    /// What the answer says about limits. A missing right for notifications says nothing about orders, so it neither
    /// closes nor pauses the portal.
    fn learn_limits(&self, answer: &Wire<Answer>) {
        let now = self.clock.now();
        let news = outcome::news(answer, self.keys.is_fixed());
        let commands = &self.counters.portal.commands;
        commands.of(METHOD, outcome::word(answer)).inc();
        let mut pacer = self.pacer();
        pacer.command_answered(METHOD, super::learn::time_of(answer), now);
        let trip = match news {
            News::Limited | News::Unreachable => Trip::Limited,
            News::MethodBlocked => {
                pacer.method_blocked(METHOD, now);
                Trip::Answered
            }
            News::Fine | News::NoAccess => Trip::Answered,
            News::NoToken | News::Other => Trip::Unknown,
        };
        // An unknown notification is no reason to send smaller requests.
        if trip != Trip::Unknown {
            pacer.arrived(trip, false, now);
        }
    }
}
