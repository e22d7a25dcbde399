//! Folders of the disk, whose names are unique within their parent (facts §3.3).

use super::super::error::RestError;
use super::super::php::Php;
use super::super::state::{Folder, State};
use super::super::text::Text;
use super::{Call, Method, Step, done};

const NAME_MAX: usize = 255;
const FORBIDDEN: &str = "\\/:*?\"'<>|~#&;";

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "disk.folder.addsubfolder",
        scope: "disk",
        run: add,
    },
    Method {
        name: "disk.storage.getlist",
        scope: "disk",
        run: storages,
    },
];

/// Creates a folder. The name stays locked until the whole request of its creator ends.
fn add(state: &mut State, call: &Call, waited: bool) -> Result<Step, RestError> {
    let parent = call.params.get("id").map_or(0, Php::idval);
    let name = call
        .params
        .get("data")
        .and_then(|data| data.get("NAME"))
        .map(Php::string)
        .unwrap_or_default();
    let bad = name.is_empty()
        || name.chars().count() > NAME_MAX
        || name
            .chars()
            .any(|letter| letter.is_control() || FORBIDDEN.contains(letter));
    if bad {
        let text = Text::Fixed("Invalid value of parameter {Parameter #1}");
        return Err(RestError {
            argument: Some("Parameter #1"),
            ..RestError::new(400, "ERROR_ARGUMENT", text)
        });
    }
    if !state.folders.iter().any(|folder| folder.id == parent) {
        let text = Text::Built(format!("Could not find entity with id '{parent}'."));
        return Err(RestError::new(400, "ERROR_NOT_FOUND", text));
    }
    let key = (parent, name.clone());
    if state
        .folder_locks
        .get(&key)
        .is_some_and(|holder| *holder != call.execution)
    {
        return if waited {
            Err(exists(state, "DISK_ONS_22001"))
        } else {
            Ok(Step::Busy)
        };
    }
    let taken = |folder: &Folder| {
        folder.parent == parent && folder.name.to_lowercase() == name.to_lowercase()
    };
    if state.folders.iter().any(taken) {
        return Err(exists(state, "DISK_OBJ_22000"));
    }
    state.folder_locks.insert(key, call.execution);
    let id = state.folders.last().map_or(1, |folder| folder.id + 1);
    state.folders.push(Folder {
        id,
        parent,
        name: name.clone(),
        created_ms: state.now,
    });
    let created = state
        .folders
        .last()
        .map_or(state.now, |folder| folder.created_ms);
    done(Php::map([
        ("ID", Php::id(id)),
        ("NAME", Php::text(name)),
        ("CODE", Php::Null),
        ("STORAGE_ID", Php::text("1")),
        ("TYPE", Php::text("folder")),
        ("PARENT_ID", Php::text(parent.to_string())),
        ("CREATE_TIME", Php::text(state.clock.iso(created))),
        ("CREATED_BY", Php::text(call.who.to_string())),
    ]))
}

fn storages(_state: &mut State, _call: &Call, _waited: bool) -> Result<Step, RestError> {
    done(Php::list([Php::map([
        ("ID", Php::text("1")),
        ("NAME", Php::text("Company drive")),
        ("ENTITY_TYPE", Php::text("common")),
        ("ROOT_OBJECT_ID", Php::text("1")),
    ])]))
}

fn exists(state: &State, code: &'static str) -> RestError {
    let text = Text::FolderExists.say(state.config.language);
    let text = text.trim_end_matches('.');
    RestError::new(400, code, Text::Built(format!("{text}. ({code}).")))
}
