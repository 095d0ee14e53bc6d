//! What the command line says.

use clap::Args;
use model::TableName;

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that a person may give")]
pub struct Arguments {
    /// The name of one of the [[tables]] of the configuration
    pub table: TableName,
    /// Evaluate once, whatever it comes to, instead of until both ends are equal
    #[arg(long)]
    pub once: bool,
    /// Say what differs and change nothing
    #[arg(long, conflicts_with_all = ["approve", "accept_epoch"])]
    pub verify: bool,
    /// Let so many rows be deleted at the remote, of a deletion that waits for a yes
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    pub approve: Option<u64>,
    /// Follow the local database as it is now, though it is another than before
    #[arg(long)]
    pub accept_epoch: bool,
    /// Show what would make the local table quick to compare, as SQL, and do nothing
    #[arg(long, conflicts_with_all = ["once", "verify", "approve", "accept_epoch", "apply_migration"])]
    pub show_migration: bool,
    /// Do what --show-migration shows
    #[arg(long, conflicts_with_all = ["once", "verify", "approve", "accept_epoch"])]
    pub apply_migration: bool,
    /// With --show-migration or --apply-migration: the table is not one of [[tables]], but the one of [[replicas]] that is
    /// held for this customer and database
    #[arg(long, value_name = "CUSTOMER/DATABASE")]
    pub held_for: Option<String>,
    /// Print one JSON object a line: progress once a second, and last the summary
    #[arg(long)]
    pub json: bool,
}
