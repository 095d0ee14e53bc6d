//! A scheduled mirror: decides once, by complete listings and the standing consent, whether the job may delete.
//!
//! Within the consent, the plan becomes that of the job, and the clone engine deletes it as it deletes a confirmed one.
//! Above the consent, the job copies, deletes nothing, and ends with a plan that waits for a person.
//!
//! Always: the decision is in the job's row before anything is written or deleted, under the attempt that made it, and is
//! never made again: a job deletes at most what one plan says.

use std::time::Duration;

use db::Db;
use engine::{
    clone::{self, CloneError, MirrorPlan, Options, Tracker},
    s3::S3Client,
};
use model::{
    CloneSpec, Decision, JobError, JobId, Key, Location, Mode, NEEDS_CONFIRMATION, Proof, StandingConsent,
    number::counted,
};
use tokio::{sync::mpsc::Receiver, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::dispatch::{AttemptFault, fault};

/// A clone with all that its engine needs.
pub struct CloneWork {
    pub db: Db,
    pub job: JobId,
    pub attempt: i64,
    pub holder: String,
    pub spec: CloneSpec,
    pub source: S3Client,
    pub destination: S3Client,
    pub options: Options,
    /// Where the completion report is also written.
    pub report: Option<(S3Client, Location)>,
    pub tracker: Tracker,
    pub stop: CancellationToken,
}

impl CloneWork {
    /// Runs the clone; a mirror under a standing consent is decided first.
    pub async fn carry_out(mut self, retry: Option<Receiver<Key>>) -> Result<Option<Proof>, AttemptFault> {
        if self.spec.plan.is_none() && self.undecided() {
            self.decide().await?;
        }
        let ended = match self.exceeds() {
            Some(exceeds) => self.only_copy(retry, &exceeds).await,
            None => self.run(&self.spec, retry).await,
        };
        match &self.report {
            Some((store, to)) => self.with_report(ended, store, to).await,
            None => ended,
        }
    }

    fn undecided(&self) -> bool {
        self.spec.consent.as_ref().is_some_and(|standing| standing.decision.is_none())
    }

    /// Why the consent does not cover the plan.
    fn exceeds(&self) -> Option<String> {
        self.spec.consent.as_ref()?.decision.as_ref()?.exceeds.clone()
    }

    async fn run(&self, spec: &CloneSpec, retry: Option<Receiver<Key>>) -> Result<Option<Proof>, AttemptFault> {
        let (source, destination) = (&self.source, &self.destination);
        clone::run(spec, source, destination, &self.options, retry, &self.tracker, &self.stop).await.map_err(fault)
    }

    async fn decide(&mut self) -> Result<(), AttemptFault> {
        let (source, destination) = (&self.source, &self.destination);
        let planned =
            clone::plan_mirror(&self.spec, source, destination, &self.options, &self.tracker, &self.stop).await;
        let MirrorPlan { plan, destination_objects, examples } = planned.map_err(fault)?;
        let Some(standing) = &mut self.spec.consent else { return Err(fault(CloneError::NoPlan)) };
        let decision = Decision::of(standing.consent.limits, plan, destination_objects, examples);
        let detail = said(standing, &decision);
        if decision.exceeds.is_none() {
            self.spec.plan = Some(decision.plan.clone());
        }
        standing.decision = Some(decision);
        info!(detail, "mirror decided by its standing consent");
        self.record(&detail).await
    }

    /// Writes the decision, as often as the database needs; without it nothing is deleted.
    async fn record(&self, detail: &str) -> Result<(), AttemptFault> {
        while !self.stop.is_cancelled() {
            match self.db.record_decision((self.job, self.attempt), &self.spec, &self.holder, detail).await {
                Ok(true) => return Ok(()),
                Ok(false) => break, // the lease is lost
                Err(error) => warn!(%error, "decision of a mirror not written; retrying"),
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = sleep(Duration::from_secs(1)) => {}
            }
        }
        Err(AttemptFault::Stopped)
    }

    /// Copies and compares, and deletes nothing.
    async fn only_copy(&self, retry: Option<Receiver<Key>>, exceeds: &str) -> Result<Option<Proof>, AttemptFault> {
        let copy = CloneSpec { mode: Mode::Copy, plan: None, consent: None, ..self.spec.clone() };
        let proof = self.run(&copy, retry).await?;
        Err(AttemptFault::AtTheEnd(Box::new((needs_confirmation(exceeds), proof))))
    }
}

fn said(standing: &StandingConsent, decision: &Decision) -> String {
    let (consent, plan) = (&standing.consent, &decision.plan);
    let given = format!("standing consent of {} to delete {}", consent.by, consent.limits.words());
    match &decision.exceeds {
        None => format!(
            "plan {} deletes {} of {}, within the {given}",
            plan.id,
            plan.to_delete,
            counted(decision.destination_objects, "object")
        ),
        Some(exceeds) => format!("plan {} is above the {given}: {exceeds}", plan.id),
    }
}

fn needs_confirmation(exceeds: &str) -> JobError {
    let message = format!("The copying is done, and nothing was deleted. {exceeds}");
    JobError::new(
        NEEDS_CONFIRMATION,
        &message,
        "Look at the plan on the page of the schedule, and confirm it there if these objects shall be deleted.",
    )
}
