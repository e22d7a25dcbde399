//! Messages by e-mail.

use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use secrecy::ExposeSecret as _;

use super::NotTold;
use crate::alerts::{
    letter::Letter,
    settings::{AlertSettings, EmailSettings},
};

/// A server that takes longer for the whole conversation is tried again later.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Sends one letter to everybody.
pub(super) async fn send(
    email: &EmailSettings,
    letter: &Letter,
    settings: &AlertSettings,
) -> Result<(), NotTold> {
    let message = message(email, letter, settings)?;
    let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(email.server.expose_secret())
        .map_err(|_| NotTold::Surely("the mail server's URL cannot be used".to_owned()))?
        .timeout(Some(TIMEOUT))
        .build();
    match tokio::time::timeout(TIMEOUT, server.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(NotTold::Surely(why(&error))),
        Err(_) => Err(NotTold::Unknown),
    }
}

fn message(
    email: &EmailSettings,
    letter: &Letter,
    settings: &AlertSettings,
) -> Result<Message, NotTold> {
    let unusable = || NotTold::Surely("an e-mail address cannot be used".to_owned());
    let mailbox = |it: &String| it.parse::<Mailbox>().map_err(|_| unusable());
    let mut message = Message::builder()
        .from(mailbox(&email.from)?)
        .date(UNIX_EPOCH + Duration::from_millis(letter.at_ms.unsigned_abs()))
        .subject(letter.subject(settings));
    for to in &email.to {
        message = message.to(mailbox(to)?);
    }
    message
        .header(ContentType::TEXT_PLAIN)
        .body(letter.plain(settings))
        .map_err(|_| unusable())
}

/// The kind of failure alone: a server's own words may repeat what it was sent.
fn why(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None if error.is_tls() => "the mail server's certificate cannot be trusted".to_owned(),
        None => "there was no conversation with the mail server".to_owned(),
    }
}
