//! `--mode mirror`: shows first what it would delete; a person confirms it by typing the destination's name.
//!
//! A script shows the plan with `--dry-run`, and runs it with `--plan` and `--confirm`. The listings are read again each
//! time: a plan that no longer holds is refused, and nothing is started.

use std::{
    io::{IsTerminal, Write, stderr, stdin},
    time::Duration,
};

use engine::{
    clone::{CloneError, preview},
    s3::S3Client,
};
use model::{
    ClonePreview, Digest, JobError, Mode, Plan, Prices,
    number::{bytes, count},
};
use serde::Serialize;

use super::{arguments::Order, outcome::End, report::print_json};

/// Practically no limit: a plan needs complete listings.
const WITHIN: Duration = Duration::from_hours(24 * 7);

/// The options about a plan.
#[derive(Default)]
pub struct Confirmation {
    pub plan: Option<Digest>,
    /// The destination's name.
    pub name: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    preview: &'a ClonePreview,
}

/// Shows what a mirror would do, and adds its plan to the order once it is confirmed. Other modes need no plan, and a
/// resumed mirror was confirmed when it started.
pub async fn agree(order: &mut Order, source: &S3Client, destination: &S3Client, json: bool) -> Result<(), End> {
    if order.spec.mode != Mode::Mirror || order.spec.plan.is_some() {
        return Ok(());
    }
    let seen = preview(&order.spec, source, destination, &order.options, u64::MAX, WITHIN).await;
    let mut seen = seen.map_err(|error: CloneError| End::refused(&error))?;
    seen.price = Some(Prices::default().of(&seen.requests));
    if json {
        print_json(&Line { r#type: "preview", preview: &seen });
    } else {
        show(&seen);
    }
    if order.spec.dry_run {
        return Ok(());
    }
    let plan = seen.plan.ok_or_else(|| refused("the listings are incomplete", "Try again."))?;
    confirm(order, &plan, json).await.map_err(|message| refused(&message, ADVICE))?;
    order.spec.plan = Some(plan);
    Ok(())
}

const ADVICE: &str = "Nothing was copied or deleted.";

async fn confirm(order: &Order, plan: &Plan, json: bool) -> Result<(), String> {
    let name = order.spec.destination.url();
    let given = &order.confirmation;
    if let Some(id) = given.plan.as_ref().filter(|id| **id != plan.id) {
        return Err(format!(
            "plan {id} does not hold any more: it is {} now, to delete {} and to copy {}",
            plan.id, plan.to_delete, plan.to_copy
        ));
    }
    let typed = match (&given.plan, &given.name) {
        (Some(_), Some(name)) => name.clone(),
        _ if !json && stdin().is_terminal() && stderr().is_terminal() => ask(&name, plan).await?,
        _ => {
            return Err(format!(
                "a mirror deletes, and there is no terminal to confirm it: give --plan {} --confirm {name} to start it",
                plan.id
            ));
        }
    };
    if typed == name { Ok(()) } else { Err(format!("{typed:?} is not the destination's name, which is {name}")) }
}

async fn ask(name: &str, plan: &Plan) -> Result<String, String> {
    eprint!("Type {name} to delete {} objects there: ", count(plan.to_delete));
    let _ = stderr().flush();
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        stdin().read_line(&mut line).map(|_| line)
    });
    let line = read.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// Prints to standard output, since the user requested it. Keys are escaped, so they cannot control the terminal.
fn show(seen: &ClonePreview) {
    out!("Mirror {} → {}:", seen.spec.source.url(), seen.spec.destination.url());
    out!("  to copy    {} ({})", count(seen.to_copy), bytes(seen.to_copy_bytes));
    out!("  to delete  {} ({})", count(seen.to_delete), bytes(seen.to_delete_bytes));
    for key in &seen.delete_examples {
        out!("    delete {key:?}");
    }
    let more = seen.to_delete.saturating_sub(seen.delete_examples.len() as u64);
    if more > 0 {
        out!("    and {} more", count(more));
    }
    if let Some(price) = &seen.price {
        let requests = seen.requests;
        let all = requests.list + requests.copy + requests.head + requests.delete;
        out!("  {} requests, {price}", count(all));
    }
    if let Some(plan) = &seen.plan {
        out!("  plan {}", plan.id);
    }
}

fn refused(message: &str, advice: &str) -> End {
    End::told(JobError::new("not_confirmed", message, advice))
}
