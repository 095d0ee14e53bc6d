//! What the command line says.

use clap::Args;
use model::TableName;

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that a person may give")]
pub struct Arguments {
    /// The name of one of the [[tables]] of the configuration
    pub table: TableName,
    /// Evaluate once instead of until both ends are equal
    #[arg(long)]
    pub once: bool,
    /// Say what differs and change nothing
    #[arg(long, conflicts_with_all = ["approve", "accept_epoch"])]
    pub verify: bool,
    /// Compare the values of all rows, too; without --verify, send those that differ again
    #[arg(long)]
    pub contents: bool,
    /// Approve a waiting deletion of up to this many rows at the remote
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    pub approve: Option<u64>,
    /// Follow the local database as it is now, although it was replaced
    #[arg(long)]
    pub accept_epoch: bool,
    /// With --accept-epoch: send all rows again instead of comparing the values of all rows
    #[arg(long, requires = "accept_epoch")]
    pub send_all: bool,
    /// Print the SQL that makes the local table quick to compare, and do nothing
    #[arg(long, conflicts_with_all = ["once", "verify", "approve", "accept_epoch", "apply_migration"])]
    pub show_migration: bool,
    /// Run that SQL
    #[arg(long, conflicts_with_all = ["once", "verify", "approve", "accept_epoch"])]
    pub apply_migration: bool,
    /// With --show-migration or --apply-migration: use the table of [[replicas]] that is held for this customer and
    /// database, instead of one of [[tables]]
    #[arg(long, value_name = "CUSTOMER/DATABASE")]
    pub held_for: Option<String>,
    /// JSON lines on standard output: progress once a second, the summary last
    #[arg(long)]
    pub json: bool,
}
