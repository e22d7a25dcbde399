//! The simulation's program.

fn main() -> std::process::ExitCode {
    sim::cli::run()
}
