//! What can be typed after `llmops doctor`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Call no model and no database
    #[arg(long)]
    pub(crate) offline: bool,
}
