//! Which calls a command makes.

use bitrix24::{
    Call,
    companies::NewCompany,
    contacts::{self, Comm, NewContact},
    item::{self, Entity},
    rows, timeline,
};
use kernel::{
    PartyId,
    command::{Command, Write},
    contact::ContactWish,
    party::{PartyCommand, PartyKind, PartyWish},
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
        Command::Write(Write::Create { .. }) | Command::Party(PartyCommand::Create { .. }) => {
            &["crm.item.add"]
        }
        Command::Write(Write::Update { .. } | Write::Flag { .. })
        | Command::Party(PartyCommand::Complete { .. }) => &["crm.item.update"],
        Command::Write(Write::Rows { .. }) => &["crm.item.productrow.set"],
        Command::Write(Write::Comment { .. }) => &["crm.timeline.comment.add"],
        Command::Party(PartyCommand::Read { .. }) => &["crm.item.get"],
        Command::Party(PartyCommand::LacksNothing { .. })
        | Command::LeaveStage { .. }
        | Command::LeaveField { .. }
        | Command::LeaveContact { .. }
        | Command::LeaveCompany { .. }
        | Command::Complete
        | Command::FlagSeen { .. }
        | Command::SpareLoser { .. } => &[],
    }
}

/// How a command shares a request with others.
pub(crate) fn kind(command: &Command) -> Kind {
    match command {
        Command::Look {
            contact, company, ..
        } => Kind::Look {
            contact: contact.is_some(),
            address: contact.as_ref().and_then(address).is_some(),
            company: company.is_some(),
        },
        Command::Read { .. } | Command::Party(PartyCommand::Read { .. }) => Kind::Read,
        Command::Write(_)
        | Command::Party(
            PartyCommand::Create { .. }
            | PartyCommand::Complete { .. }
            | PartyCommand::LacksNothing { .. },
        )
        | Command::LeaveStage { .. }
        | Command::LeaveField { .. }
        | Command::LeaveContact { .. }
        | Command::LeaveCompany { .. }
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

/// The call of a party's command; `None` where it makes no request.
pub(super) fn party(originator: &str, command: &PartyCommand) -> Option<Call> {
    let originator = originator.to_owned();
    match command {
        PartyCommand::Create { wish, company, .. } => Some(match wish {
            PartyWish::Contact(wish) => NewContact {
                first_name: wish.first_name.clone(),
                last_name: wish.last_name.clone(),
                email: wish.email.clone(),
                phone: wish.phone.clone(),
                company: company.map(|it| it.0),
                originator,
                origin: wish.origin.clone(),
            }
            .add(),
            PartyWish::Company(wish) => NewCompany {
                title: wish.title.clone(),
                originator,
                origin: wish.origin(),
            }
            .add(),
        }),
        PartyCommand::Read { kind, id } => Some(read_party(*kind, *id)),
        PartyCommand::Complete { id, details } => Some(item::update(
            entity(command.kind()),
            id.0,
            fields::details(details),
        )),
        PartyCommand::LacksNothing { .. } => None,
    }
}

pub(super) fn read_party(kind: PartyKind, id: PartyId) -> Call {
    item::get(entity(kind), id.0)
}

fn entity(kind: PartyKind) -> Entity {
    match kind {
        PartyKind::Contact => Entity::Contact,
        PartyKind::Company => Entity::Company,
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
