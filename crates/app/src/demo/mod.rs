//! A demonstration.

/// Flags of the demonstration.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {}

/// Runs it; false = the verdict failed.
pub async fn run(_args: DemoArgs) -> anyhow::Result<bool> {
    Ok(true)
}
