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
