//! The disk below the ledger: room, the right to write, and whether it keeps what it says (A-J).

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statfs};

use super::{
    Subject,
    report::{Line, Report},
};
use crate::lang::Lang;

const CHECK: &str = "disk";

const GIB: u64 = 1024 * 1024 * 1024;

/// With less room than this a busy day may fill it.
const ROOM_LOW: u64 = GIB;

/// With less room than this it fills soon.
const ROOM_MIN: u64 = GIB / 10;

/// What a file system is, as far as A-J is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// On this machine, as far as its name tells.
    Local,
    /// On another machine.
    Network,
    /// In memory: gone with the power.
    Memory,
    /// The layer of a container: gone with it.
    Layer,
    /// A program serves it; it may lie anywhere.
    Served,
}

/// Numbers of file systems, from the kernel's `magic.h` and the headers of those that are not in it.
const KINDS: [(u64, &str, Kind); 17] = [
    (0xEF53, "ext4", Kind::Local),
    (0x5846_5342, "xfs", Kind::Local),
    (0x9123_683E, "btrfs", Kind::Local),
    (0xF2F5_2010, "f2fs", Kind::Local),
    (0x2FC1_2FC1, "zfs", Kind::Local),
    (0x6969, "nfs", Kind::Network),
    (0x517B, "smb", Kind::Network),
    (0xFE53_4D42, "smb2", Kind::Network),
    (0xFF53_4D42, "cifs", Kind::Network),
    (0x00C3_6400, "ceph", Kind::Network),
    (0x5346_414F, "afs", Kind::Network),
    (0x0102_1997, "9p", Kind::Network),
    (0x0BD0_0BD0, "lustre", Kind::Network),
    (0x0102_1994, "tmpfs", Kind::Memory),
    (0x8584_58F6, "ramfs", Kind::Memory),
    (0x794C_7630, "overlay", Kind::Layer),
    (0x6573_5546, "fuse", Kind::Served),
];

/// What lies below the ledger.
pub(super) struct Disk {
    folder: PathBuf,
    name: String,
    kind: Kind,
    free: u64,
    writable: bool,
}

impl Disk {
    /// Looks at the disk below a file, without touching it.
    fn below(file: &Path) -> Result<Self, std::io::Error> {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            Some(_) | None => PathBuf::from("."),
        };
        let system = statfs(&folder)?;
        let magic = u64::try_from(system.f_type).unwrap_or_default() & 0xFFFF_FFFF;
        let (name, kind) = named(magic);
        let block = u64::try_from(system.f_bsize).unwrap_or_default();
        let right = |path: &Path| access(path, Access::READ_OK | Access::WRITE_OK).is_ok();
        let writable = right(&folder) && (!file.exists() || right(file));
        Ok(Self {
            free: system.f_bavail.saturating_mul(block),
            writable,
            name,
            kind,
            folder,
        })
    }

    /// Its file system, for the list of assumptions.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

fn named(magic: u64) -> (String, Kind) {
    let known = KINDS.iter().find(|(number, _, _)| *number == magic);
    match known {
        Some((_, name, kind)) => ((*name).to_owned(), *kind),
        None => (format!("{magic:#x}"), Kind::Local),
    }
}

/// Looks, and says what was found; the disk where there is one.
pub(super) fn disk(subject: &Subject, report: &mut Report) -> Option<Disk> {
    let lang = subject.lang;
    let path = &subject.settings.database;
    match Disk::below(path) {
        Ok(disk) => {
            report.add(line(&disk, lang));
            Some(disk)
        }
        Err(error) => {
            let path = path.display();
            let says = match lang {
                Lang::En => format!("the folder of the ledger `{path}` cannot be used: {error}"),
                Lang::Ru => format!("папку журнала `{path}` нельзя использовать: {error}"),
            };
            let remedy = lang.say(
                "make the folder, or correct ONEDEAL_DATABASE",
                "создайте папку или исправьте ONEDEAL_DATABASE",
            );
            let line = Line::problem(CHECK, says, Some(remedy.to_owned()));
            report.add(line.ending(crate::exit::Exit::Storage));
            None
        }
    }
}

/// What is risky about the disk below a file, and what to do.
pub(super) fn risk(file: &Path, lang: Lang) -> Option<(String, String)> {
    let line = line(&Disk::below(file).ok()?, lang);
    Some((line.says, line.remedy?))
}

fn line(disk: &Disk, lang: Lang) -> Line {
    let Disk { folder, name, .. } = disk;
    let (folder, free) = (folder.display(), size(disk.free));
    if !disk.writable {
        let says = match lang {
            Lang::En => {
                format!("this user may not write in `{folder}`, or not into the ledger there")
            }
            Lang::Ru => {
                format!("этот пользователь не может писать в `{folder}` или в журнал в ней")
            }
        };
        let remedy = lang.say(
            "give the user that runs onedeal the right to write the folder and its files",
            "дайте пользователю onedeal право записи в папку и её файлы",
        );
        return Line::problem(CHECK, says, Some(remedy.to_owned()))
            .ending(crate::exit::Exit::Storage);
    }
    let says = match lang {
        Lang::En => format!("{free} free in `{folder}` ({name})"),
        Lang::Ru => format!("свободно {free} в `{folder}` ({name})"),
    };
    let local = lang
        .say(
            "keep the ledger on a disk of this machine (ONEDEAL_DATABASE)",
            "держите журнал на диске этой машины (ONEDEAL_DATABASE)",
        )
        .to_owned();
    let problem = |en: &str, ru: &str| {
        let says = format!("{says}: {}", lang.say(en, ru));
        Line::problem(CHECK, says, Some(local.clone()))
    };
    match disk.kind {
        Kind::Network => problem(
            "a network share may forget what it reported as written, and its locks do not keep two services apart (A-J)",
            "сетевая папка может забыть записанное, а её блокировки не разделят две службы (A-J)",
        ),
        Kind::Memory => problem(
            "it lies in memory, and is gone after a restart of the machine (A-J)",
            "она в памяти и исчезнет с перезагрузкой машины (A-J)",
        ),
        Kind::Layer | Kind::Served => {
            let why = if disk.kind == Kind::Layer {
                lang.say(
                    "the layer of a container, gone with the container unless it is a volume",
                    "слой контейнера, исчезнет вместе с ним, если это не том",
                )
            } else {
                lang.say(
                    "a program serves it; whether it keeps what it reports cannot be told (A-J)",
                    "её даёт программа; хранит ли она записанное, сказать нельзя (A-J)",
                )
            };
            Line::warning(CHECK, format!("{says}: {why}"), local)
        }
        Kind::Local if disk.free < ROOM_LOW => {
            let remedy = lang.say(
                "free some space: without it webhooks are answered 503",
                "освободите место: без него вебхуки получат 503",
            );
            if disk.free < ROOM_MIN {
                Line::problem(CHECK, says, Some(remedy.to_owned()))
            } else {
                Line::warning(CHECK, says, remedy.to_owned())
            }
        }
        Kind::Local => Line::fine(CHECK, says),
    }
}

fn size(bytes: u64) -> String {
    let gib = bytes as f64 / GIB as f64;
    if gib < 10.0 {
        format!("{gib:.1} GiB")
    } else {
        format!("{gib:.0} GiB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(kind: Kind, free: u64, writable: bool) -> Disk {
        Disk {
            folder: PathBuf::from("/data"),
            name: "x".to_owned(),
            kind,
            free,
            writable,
        }
    }

    #[test]
    fn a_share_memory_no_room_and_no_right_are_problems_and_a_layer_is_a_warning() {
        use super::super::report::Status;
        let status = |it: Disk| line(&it, Lang::En).status;
        assert_eq!(status(disk(Kind::Local, 50 * GIB, true)), Status::Ok);
        assert_eq!(status(disk(Kind::Network, 50 * GIB, true)), Status::Problem);
        assert_eq!(status(disk(Kind::Memory, 50 * GIB, true)), Status::Problem);
        assert_eq!(status(disk(Kind::Layer, 50 * GIB, true)), Status::Warning);
        assert_eq!(status(disk(Kind::Local, GIB / 2, true)), Status::Warning);
        assert_eq!(status(disk(Kind::Local, GIB / 20, true)), Status::Problem);
        assert_eq!(status(disk(Kind::Local, 50 * GIB, false)), Status::Problem);
    }

    #[test]
    fn file_systems_are_known_by_their_numbers_and_others_count_as_local() {
        assert_eq!(named(0x6969), ("nfs".to_owned(), Kind::Network));
        assert_eq!(named(0xFF53_4D42), ("cifs".to_owned(), Kind::Network));
        assert_eq!(named(0x1234), ("0x1234".to_owned(), Kind::Local));
    }
}
