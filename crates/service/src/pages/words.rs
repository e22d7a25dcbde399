//! Names of states, as badges and headings show them.

use super::frame::Frame;
use crate::board::model::{
    ActionKind, DuplicateStep, MomentKind, Part, SentState, SettingSource, SubscriptionsState,
};

impl Frame {
    /// The word of a part in addresses and classes.
    pub(super) fn part_word(&self, part: &Part) -> &'static str {
        match part {
            Part::Linked => "linked",
            Part::Waiting => "waiting",
            Part::InDoubt => "in_doubt",
            Part::Parked => "parked",
            Part::Deleted => "deleted",
            Part::Ignored => "ignored",
            Part::Unwanted => "unwanted",
        }
    }

    pub(super) fn part_label(&self, part: &Part) -> &'static str {
        match part {
            Part::Linked => self.t("has its deal", "есть сделка"),
            Part::Waiting => self.t("waiting", "ждёт"),
            Part::InDoubt => self.t("in doubt", "под вопросом"),
            Part::Parked => self.t("parked", "отложен"),
            Part::Deleted => self.t("deal deleted", "сделка удалена"),
            Part::Ignored => self.t("ignored", "не нужен"),
            Part::Unwanted => self.t("needs no deal", "сделка не нужна"),
        }
    }

    /// Parts that the overview shows although they are empty.
    pub(super) fn is_main_part(&self, part: &Part) -> bool {
        match part {
            Part::Linked | Part::Waiting | Part::InDoubt | Part::Parked => true,
            Part::Deleted | Part::Ignored | Part::Unwanted => false,
        }
    }

    pub(super) fn moment_class(&self, kind: &MomentKind) -> &'static str {
        match kind {
            MomentKind::Arrived => "arrived",
            MomentKind::Decided => "decided",
            MomentKind::Sent => "sent",
            MomentKind::Answered => "answered",
            MomentKind::Operator => "operator",
            MomentKind::Other => "other",
        }
    }

    pub(super) fn moment_word(&self, kind: &MomentKind) -> &'static str {
        match kind {
            MomentKind::Arrived => self.t("arrived", "пришло"),
            MomentKind::Decided => self.t("decided", "решено"),
            MomentKind::Sent => self.t("sent", "отправлено"),
            MomentKind::Answered => self.t("answer", "ответ"),
            MomentKind::Operator => self.t("operator", "оператор"),
            MomentKind::Other => self.t("noted", "отмечено"),
        }
    }

    pub(super) fn sent_class(&self, state: &SentState) -> &'static str {
        match state {
            SentState::UnderWay => "under_way",
            SentState::Done => "done",
            SentState::Refused => "refused",
            SentState::Unknown => "unknown",
        }
    }

    pub(super) fn sent_word(&self, state: &SentState) -> &'static str {
        match state {
            SentState::UnderWay => self.t("under way", "в пути"),
            SentState::Done => self.t("done", "выполнено"),
            SentState::Refused => self.t("refused", "отказано"),
            SentState::Unknown => self.t("unknown", "неизвестно"),
        }
    }

    pub(super) fn step_class(&self, step: &DuplicateStep) -> &'static str {
        match step {
            DuplicateStep::ToFlag => "to_flag",
            DuplicateStep::Flagged | DuplicateStep::Settled => "good",
            DuplicateStep::Listed => "listed",
        }
    }

    /// Whether a second deal may still be flagged.
    pub(super) fn is_open(&self, step: &DuplicateStep) -> bool {
        matches!(step, DuplicateStep::ToFlag | DuplicateStep::Listed)
    }

    pub(super) fn step_word(&self, step: &DuplicateStep) -> &'static str {
        match step {
            DuplicateStep::ToFlag => self.t("will be flagged", "будет помечена"),
            DuplicateStep::Flagged => self.t("flagged", "помечена"),
            DuplicateStep::Settled => self.t("settled", "решено"),
            DuplicateStep::Listed => self.t("your decision", "решать вам"),
        }
    }

    pub(super) fn subscriptions_class(&self, state: &SubscriptionsState) -> &'static str {
        match state {
            SubscriptionsState::Complete => "complete",
            SubscriptionsState::Incomplete => "incomplete",
            SubscriptionsState::Unchecked | SubscriptionsState::ByHand => "",
        }
    }

    pub(super) fn subscriptions_word(&self, state: &SubscriptionsState) -> &'static str {
        match state {
            SubscriptionsState::Complete => self.t("complete", "все на месте"),
            SubscriptionsState::Incomplete => self.t("incomplete", "не все"),
            SubscriptionsState::Unchecked => self.t("not checked yet", "ещё не проверены"),
            SubscriptionsState::ByHand => self.t("made by hand", "созданы вручную"),
        }
    }

    pub(super) fn source_word(&self, source: &SettingSource) -> &'static str {
        match source {
            SettingSource::Variable => self.t("environment", "окружение"),
            SettingSource::File => self.t("file", "файл"),
            SettingSource::Default => self.t("default", "по умолчанию"),
        }
    }

    /// The word of an action in forms.
    pub(super) fn action_word(&self, action: &ActionKind) -> &'static str {
        match action {
            ActionKind::SyncNow => "sync_now",
            ActionKind::Retry => "retry",
            ActionKind::ChooseDeal => "choose_deal",
            ActionKind::Park => "park",
            ActionKind::Ignore => "ignore",
            ActionKind::Replay => "replay",
            ActionKind::ApplyDuplicate => "apply_duplicate",
            ActionKind::DismissDuplicate => "dismiss_duplicate",
            ActionKind::Recreate => "recreate",
            ActionKind::DismissNotice => "dismiss_notice",
        }
    }
}
