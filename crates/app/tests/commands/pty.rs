//! A terminal that a test types on.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    os::fd::AsFd as _,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};

use crate::pair::until;

/// What is looked at after each step: wide enough for a line of text, and for people.
const COLUMNS: u16 = 110;

/// The binary on a terminal.
pub(crate) struct Pty {
    keyboard: File,
    terminal: File,
    child: Child,
    shown: Arc<Mutex<String>>,
    /// Bytes that an earlier step has waited for.
    seen: usize,
}

impl Pty {
    /// Starts the binary in a folder, on a terminal of its own.
    pub(crate) fn run(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let keyboard = File::from(master);
        let size = Winsize {
            ws_row: 50,
            ws_col: COLUMNS,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(keyboard.as_fd(), size).unwrap();
        let open = || {
            let path = name.to_str().unwrap();
            OpenOptions::new()
                .read(true)
                .write(true)
                .open(path)
                .unwrap()
        };
        let (terminal, input, output, errors) = (open(), open(), open(), open());
        let child = Command::new(env!("CARGO_BIN_EXE_onedeal"))
            .args(args)
            .current_dir(folder)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(errors))
            .spawn()
            .unwrap();
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut screen, kept) = (keyboard.try_clone().unwrap(), shown.clone());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Once nobody holds the terminal open, reading ends with an error.
            while let Ok(read) = screen.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
                kept.lock().unwrap().push_str(&text);
            }
        });
        Self {
            keyboard,
            terminal,
            child,
            shown,
            seen: 0,
        }
    }

    /// Waits for a text that was not there at the step before.
    pub(crate) fn sees(&mut self, text: &str) {
        let mut found = None;
        until(&format!("`{text}` after\n{}\n", self.shown()), || {
            let shown = self.shown.lock().unwrap();
            found = shown[self.seen..].find(text);
            found.is_some()
        });
        self.seen += found.unwrap() + text.len();
    }

    /// Types an answer once the question is there.
    pub(crate) fn answers(&mut self, question: &str, answer: &str) {
        self.sees(question);
        self.types(&format!("{answer}\r"));
    }

    /// Types these keys.
    pub(crate) fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Whether the terminal shows what is typed, as it does by itself.
    pub(crate) fn echoes(&self) -> bool {
        let modes = tcgetattr(self.terminal.as_fd()).unwrap().local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    }

    /// Everything shown so far.
    pub(crate) fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    /// The exit code.
    pub(crate) fn ends(&mut self) -> i32 {
        let mut ended = None;
        until("the end", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap().code().unwrap()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
