//! The binary: everything it does stands in the library beside it.

use std::process::ExitCode;

use app::{cli, exit};

fn main() -> ExitCode {
    exit::guarded(cli::run).into()
}
