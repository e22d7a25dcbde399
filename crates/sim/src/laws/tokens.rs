//! The laws of access by a local application: its tokens are asked for one at a time, kept before they are used, and people
//! are asked for nothing without a reason.

use super::{Breach, View, breach};

/// No two requests for tokens are under way at once: the second would use up what the first one was given.
pub(super) fn one_at_a_time(view: &View, found: &mut Vec<Breach>) {
    if 1 < view.tokens.at_once {
        found.push(breach(format!(
            "{} requests for tokens were under way at once",
            view.tokens.at_once
        )));
    }
}

/// Whatever token is shown to the portal, its pair is in the ledger.
pub(super) fn kept_before_use(view: &View, found: &mut Vec<Breach>) {
    if let Some(token) = view.tokens.unsaved.first() {
        found.push(breach(format!(
            "{} requests showed a token that was not in the ledger, the first one {token}…",
            view.tokens.unsaved.len()
        )));
    }
}

/// A refresh token is only found used up where a pair was lost on its way, in a crash or with the ledger, or where the
/// application was removed.
pub(super) fn no_needless_install(view: &View, found: &mut Vec<Breach>) {
    let tokens = &view.tokens;
    if 0 < tokens.used_up && tokens.reasons == 0 && !view.script.loses_ledger() {
        found.push(breach(format!(
            "the application had to be installed again ({} requests with a token that was used up), and nothing had happened",
            tokens.used_up
        )));
    }
}

/// When everything is done, onedeal does not say that something is wrong with its access.
pub(super) fn open_at_rest(view: &View, found: &mut Vec<Breach>) {
    if let Some(condition) = &view.tokens.condition
        && view.rested
        && !view.halted()
    {
        found.push(breach(format!(
            "at rest the portal still counts as {condition}"
        )));
    }
}
