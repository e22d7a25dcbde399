//! Which calls a command makes.

use bitrix24::{
    Call,
    contacts::{self, Comm, NewContact},
    item::{self, Entity},
    rows, timeline,
};
use kernel::{
    command::{Command, Write},
    contact::{ContactCommand, ContactWish},
    planner::Kind,
};

use super::fields;

/// The methods of the calls that a command makes, one per call, for pacing; none where it makes no request.
pub(crate) fn methods(command: &Command) -> &'static [&'static str] {
    match command {
        // The catalogue is no reason to wait: its command is not planned for.
        Command::Look { contact: None, .. } => &["crm.item.list"],
        Command::Look {
            contact: Some(_), ..
        } => &["crm.item.list", "crm.duplicate.findbycomm"],
        Command::Read { .. } => &["crm.item.get", "crm.item.productrow.list"],
        Command::Write(Write::Create { .. }) | Command::Contact(ContactCommand::Create { .. }) => {
            &["crm.item.add"]
        }
        Command::Write(Write::Update { .. } | Write::Flag { .. })
        | Command::Contact(ContactCommand::Complete { .. }) => &["crm.item.update"],
        Command::Write(Write::Rows { .. }) => &["crm.item.productrow.set"],
        Command::Write(Write::Comment { .. }) => &["crm.timeline.comment.add"],
        Command::Contact(ContactCommand::Read { .. }) => &["crm.item.get"],
        Command::LeaveStage { .. }
        | Command::LeaveField { .. }
        | Command::LeaveContact { .. }
        | Command::Complete
        | Command::FlagSeen { .. }
        | Command::SpareLoser { .. } => &[],
    }
}

/// How a command shares a request with others.
pub(crate) fn kind(command: &Command) -> Kind {
    match command {
        Command::Look { contact, .. } => Kind::Look {
            contact: contact.is_some(),
            address: contact.as_ref().and_then(address).is_some(),
        },
        Command::Read { .. } | Command::Contact(ContactCommand::Read { .. }) => Kind::Read,
        Command::Write(_)
        | Command::Contact(ContactCommand::Create { .. } | ContactCommand::Complete { .. })
        | Command::LeaveStage { .. }
        | Command::LeaveField { .. }
        | Command::LeaveContact { .. }
        | Command::Complete
        | Command::FlagSeen { .. }
        | Command::SpareLoser { .. } => Kind::Write,
    }
}

pub(super) fn write(write: &Write) -> Call {
    match write {
        Write::Create { fields, .. } => item::add(Entity::Deal, fields::to_wire(fields)),
        Write::Update { deal, fields, .. } | Write::Flag { deal, fields, .. } => {
            item::update(Entity::Deal, deal.0, fields::to_wire(fields))
        }
        Write::Rows { deal, rows, .. } => rows::set(deal.0, &fields::rows_to_wire(rows)),
        Write::Comment { deal, text } => timeline::comment(deal.0, text),
    }
}

pub(super) fn contact(originator: &str, command: &ContactCommand) -> Call {
    match command {
        ContactCommand::Create { wish, .. } => NewContact {
            first_name: wish.first_name.clone(),
            last_name: wish.last_name.clone(),
            email: wish.email.clone(),
            phone: wish.phone.clone(),
            originator: originator.to_owned(),
            origin: wish.origin.clone(),
        }
        .add(),
        ContactCommand::Read { id } => item::get(Entity::Contact, id.0),
        ContactCommand::Complete { id, email, phone } => item::update(
            Entity::Contact,
            id.0,
            fields::contact_addresses(email.as_deref(), phone.as_deref()),
        ),
    }
}

/// How to look the contact up by e-mail or phone.
pub(super) fn find_by_address(wish: &ContactWish) -> Option<Call> {
    let (comm, value) = address(wish)?;
    Some(contacts::find_by_comm(comm, std::slice::from_ref(value)))
}

/// Phone only where there is no e-mail: families share a number more often than an address.
fn address(wish: &ContactWish) -> Option<(Comm, &String)> {
    match (&wish.email, &wish.phone) {
        (Some(email), _) => Some((Comm::Email, email)),
        (None, Some(phone)) => Some((Comm::Phone, phone)),
        (None, None) => None,
    }
}
