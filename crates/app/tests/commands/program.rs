//! Runs the binary in an empty folder with nothing in its environment but what a test gives it.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A secret that must never be printed.
pub(crate) const CODE: &str = "s3cr3tc0de";

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder to run the binary in.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), content).unwrap();
    }

    pub(crate) fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_onedeal"))
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("TZ", "UTC")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// All settings that the service must have.
pub(crate) fn settings() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "ONEDEAL_BITRIX24_WEBHOOK_URL",
            "https://acme.bitrix24.com/rest/1/s3cr3tc0de/",
        ),
        ("ONEDEAL_SHOP", "acme.myshopify.com"),
        ("ONEDEAL_SHOPIFY_SECRET", "hush-hush-secret"),
        ("ONEDEAL_LISTEN", "127.0.0.1:0"),
    ]
}

/// The same, with some changed or taken away (empty).
pub(crate) fn settings_but(
    changes: &[(&'static str, &'static str)],
) -> Vec<(&'static str, &'static str)> {
    let mut all = settings();
    for (name, value) in changes {
        all.retain(|(it, _)| it != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    all
}
