//! The files beside a database.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The file next to the database whose name is the database's plus `suffix`.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes an empty file that its owner alone can read, unless there is one already: the ledger holds what buyers wrote, and
/// what opens the portal. Whatever goes wrong shows when the file is opened.
#[cfg(unix)]
pub(crate) fn create_private(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let _ = options.write(true).create_new(true).mode(0o600).open(path);
}

/// Elsewhere a new file belongs to its owner by itself.
#[cfg(not(unix))]
pub(crate) fn create_private(_path: &Path) {}

/// Makes a rename in the file's folder durable.
#[cfg(unix)]
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file, and the system orders a rename after the data it names.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
