//! The commands as the shell sees them: the real binary, its words and its exit codes.

mod map;
mod order;
mod program;
mod usage;
