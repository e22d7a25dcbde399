//! A line from the terminal that is not shown: each character appears as a dot, so that one sees a paste arrive.
//!
//! Invariant: the terminal is as it was before once the reading is over, Ctrl+C included.

use std::{
    io::{Read as _, Write as _},
    os::fd::AsFd as _,
};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use secrecy::SecretString;

/// A secret is not longer than this.
const SECRET_BYTES_MAX: usize = 4 * 1024;

const INTERRUPT: u8 = 0x03;
const END: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const ERASE_LINE: u8 = 0x15;
const DELETE: u8 = 0x7f;

/// What a pressed key did to the line.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    /// The line is at its end.
    Enter,
    /// The person wants to leave.
    Leave,
    /// So many characters more; or fewer, if negative.
    Shown(i64),
}

/// Reads a line from the terminal on stdin: the text, or `Some(None)` if it is empty. `None` if the person leaves.
///
/// # Errors
/// Stdin is no terminal, or cannot be read.
pub(super) fn read() -> std::io::Result<Option<Option<SecretString>>> {
    let _quiet = Quiet::begin()?;
    let mut line = Vec::new();
    let mut stdin = std::io::stdin().lock();
    loop {
        let mut byte = [0];
        if stdin.read(&mut byte)? == 0 {
            return Ok(None);
        }
        match press(&mut line, byte[0]) {
            Key::Enter => {
                let text = String::from_utf8_lossy(&line).trim().to_owned();
                return Ok(Some((!text.is_empty()).then(|| text.into())));
            }
            Key::Leave => return Ok(None),
            Key::Shown(more) => show(more),
        }
    }
}

fn press(line: &mut Vec<u8>, key: u8) -> Key {
    match key {
        b'\n' | b'\r' => Key::Enter,
        INTERRUPT => Key::Leave,
        END if line.is_empty() => Key::Leave,
        BACKSPACE | DELETE => Key::Shown(-i64::from(erase_one(line))),
        ERASE_LINE => {
            let mut erased = 0;
            while erase_one(line) {
                erased += 1;
            }
            Key::Shown(-erased)
        }
        0..0x20 => Key::Shown(0),
        _ if SECRET_BYTES_MAX <= line.len() => Key::Shown(0),
        _ => {
            line.push(key);
            Key::Shown(i64::from(begins_character(key)))
        }
    }
}

/// Takes the last character away; false if there is none.
fn erase_one(line: &mut Vec<u8>) -> bool {
    while let Some(byte) = line.pop() {
        if begins_character(byte) {
            return true;
        }
    }
    false
}

/// In UTF-8, all bytes of a character but the first begin with the bits 10.
fn begins_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

fn show(more: i64) {
    let text = if more < 0 { "\u{8} \u{8}" } else { "•" };
    let text = text.repeat(usize::try_from(more.unsigned_abs()).unwrap_or(0));
    let mut out = std::io::stderr().lock();
    // A closed stderr is no reason to fail.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A terminal that shows nothing by itself and hands on each key at once.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> std::io::Result<Self> {
        let stdin = std::io::stdin();
        let before = tcgetattr(stdin.as_fd())?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        // What is typed already stays: a paste may hold the answers to several questions.
        tcsetattr(stdin.as_fd(), OptionalActions::Now, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A terminal that is gone needs no more care.
        let _ = tcsetattr(std::io::stdin().as_fd(), OptionalActions::Now, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_add_to_the_line_and_take_away_from_it_character_by_character() {
        let mut line = Vec::new();
        let shown: Vec<Key> = "aж\u{7f}\u{7f}\u{7f}"
            .bytes()
            .map(|it| press(&mut line, it))
            .collect();
        let shown: Vec<i64> = shown
            .into_iter()
            .map(|it| match it {
                Key::Shown(more) => more,
                Key::Enter | Key::Leave => panic!("the line goes on"),
            })
            .collect();
        assert_eq!((shown, line.len()), (vec![1, 1, 0, -1, -1, 0], 0));
    }

    #[test]
    fn the_whole_line_can_be_erased_and_the_question_left() {
        let mut line = "секрет".as_bytes().to_vec();
        assert_eq!(press(&mut line, ERASE_LINE), Key::Shown(-6));
        assert_eq!(press(&mut line, END), Key::Leave);
        line.push(b'x');
        assert_eq!(press(&mut line, END), Key::Shown(0));
        assert_eq!(press(&mut line, INTERRUPT), Key::Leave);
        assert_eq!(press(&mut line, b'\r'), Key::Enter);
        assert_eq!(line, b"x");
    }
}
