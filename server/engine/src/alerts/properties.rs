//! Properties of the alert tracker under any sequence of judgements and user actions.

use std::collections::{BTreeMap, BTreeSet};

use model::{AlertId, AlertKind, AlertState, Time};
use proptest::prelude::*;

use super::{AlertTracker, Change, Debounce, Finding, Judgement, TrackedAlert, findings::around};

/// What one evaluation says about a kind.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Status {
    Holds(u64),
    Gone,
    Unknown,
}

#[derive(Clone, Copy, Debug)]
enum Person {
    Nothing,
    Acknowledges,
    Silences(i64),
    Reopens,
}

#[derive(Clone, Debug)]
struct Step {
    after_ms: i64,
    statuses: [Status; 2],
    person: Person,
}

/// A kind that opens at once, and one that opens after a delay.
const KINDS: [AlertKind; 2] = [AlertKind::Loss, AlertKind::Unknown];

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![(0..100_u64).prop_map(Status::Holds), Just(Status::Gone), Just(Status::Gone), Just(Status::Unknown)]
}

fn step() -> impl Strategy<Value = Step> {
    let person = prop_oneof![
        6 => Just(Person::Nothing),
        1 => Just(Person::Acknowledges),
        1 => (0..3_600_000_i64).prop_map(Person::Silences),
        1 => Just(Person::Reopens)
    ];
    (1..120_000_i64, [status(), status()], person).prop_map(|(after_ms, statuses, person)| Step {
        after_ms,
        statuses,
        person,
    })
}

fn finding(kind: AlertKind, now: Time, weight: u64) -> Finding {
    Finding {
        kind,
        since: now,
        reason: format!("{weight} are lost."),
        advice: String::new(),
        runs: Vec::new(),
        keys: Vec::new(),
        window: around(now, now),
        weight,
    }
}

/// A model of the database that stores changes.
#[derive(Default)]
struct Stored {
    open: BTreeMap<AlertId, TrackedAlert>,
    resolved: BTreeSet<AlertId>,
    made: u64,
}

impl Stored {
    fn apply(&mut self, change: &Change) {
        let tracked = change.tracked().clone();
        let id = tracked.alert.id;
        match change {
            Change::Opened(_) => assert!(self.open.insert(id, tracked).is_none(), "opened twice"),
            Change::Updated { .. } | Change::SilenceEnded(_) => {
                assert!(self.open.insert(id, tracked).is_some(), "changed, and was not open");
            }
            Change::Resolved(_) => {
                assert!(self.open.remove(&id).is_some(), "resolved, and was not open");
                assert!(self.resolved.insert(id), "resolved twice");
            }
        }
    }

    fn person(&mut self, now: Time, person: Person) {
        for alert in self.open.values_mut().map(|tracked| &mut tracked.alert) {
            match person {
                Person::Nothing => {}
                Person::Acknowledges => alert.state = AlertState::Acknowledged,
                Person::Silences(ms) => {
                    alert.state = AlertState::Silenced;
                    alert.silenced_until = Some(Time(now.0 + ms));
                }
                Person::Reopens => alert.state = AlertState::Open,
            }
        }
    }
}

/// Runs the steps through a tracker that restarts every `restart_every` steps; returns each step's time, statuses and
/// changes.
fn run_steps(steps: &[Step], restart_every: usize) -> Vec<(Time, [Status; 2], Vec<Change>)> {
    let new_tracker = || AlertTracker::of_pipeline("elb".parse().unwrap(), Debounce::default());
    let (mut stored, mut tracker, mut now) = (Stored::default(), new_tracker(), Time(1_770_000_000_000));
    let mut history = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        now = Time(now.0 + step.after_ms);
        stored.person(now, step.person);
        if index % restart_every == restart_every - 1 {
            tracker = new_tracker();
        }
        let mut judgement = Judgement::default();
        for (kind, status) in KINDS.into_iter().zip(step.statuses) {
            match status {
                Status::Holds(weight) => judgement.findings.push(finding(kind, now, weight)),
                Status::Gone => {}
                Status::Unknown => {
                    judgement.unknown.insert(kind);
                }
            }
        }
        let unresolved = stored.open.values().cloned().collect();
        let mut made = stored.made;
        let changes = tracker.update(now, &judgement, unresolved, || {
            made += 1;
            format!("00000000-0000-7000-8000-{made:012x}").parse().unwrap()
        });
        stored.made = made;
        for change in &changes {
            stored.apply(change);
        }
        for kind in KINDS {
            let open = stored.open.values().filter(|unresolved| unresolved.alert.kind == kind).count();
            assert!(open <= 1, "two unresolved alerts of a kind");
        }
        history.push((now, step.statuses, changes));
    }
    history
}

proptest! {
    #[test]
    fn alert_opens_and_resolves_once_across_restarts(
        steps in prop::collection::vec(step(), 1..80),
        restart_every in 2..20_usize,
    ) {
        run_steps(&steps, restart_every); // its assertions
    }

    /// An alert opens only at an evaluation that finds it, and is resolved only after its finding has been gone for the
    /// whole debounce time, with no evaluation in between that found it or could not tell.
    #[test]
    fn alert_resolves_only_after_the_debounce_time(steps in prop::collection::vec(step(), 1..80)) {
        let debounce = Debounce::default();
        let mut gone_since: BTreeMap<usize, Time> = BTreeMap::new();
        for (now, statuses, changes) in run_steps(&steps, usize::MAX) {
            for (index, status) in statuses.into_iter().enumerate() {
                match status {
                    Status::Gone => {
                        gone_since.entry(index).or_insert(now);
                    }
                    Status::Holds(_) | Status::Unknown => {
                        gone_since.remove(&index);
                    }
                }
            }
            for change in &changes {
                let index = usize::from(change.tracked().alert.kind == KINDS[1]);
                if matches!(change, Change::Resolved(_)) {
                    let gone_for = gone_since.get(&index).map(|since| now.since(*since));
                    prop_assert!(gone_for.is_some_and(|gone_for| gone_for >= debounce.resolve_after_ms));
                }
                if matches!(change, Change::Opened(_)) {
                    prop_assert!(matches!(statuses[index], Status::Holds(_)));
                }
            }
        }
    }

    /// However fast a finding comes and goes, a kind causes at most two notices (opened, resolved) per debounce time.
    #[test]
    fn flickering_finding_does_not_flap(flicker in prop::collection::vec(any::<bool>(), 100..400)) {
        let steps: Vec<Step> = flicker
            .iter()
            .map(|holds| Step {
                after_ms: 15_000,
                statuses: [if *holds { Status::Holds(1) } else { Status::Gone }, Status::Gone],
                person: Person::Nothing,
            })
            .collect();
        let history = run_steps(&steps, usize::MAX);
        let times: Vec<Time> = history
            .iter()
            .flat_map(|(now, _, changes)| changes.iter().filter(|change| change.notice().is_some()).map(|_| *now))
            .collect();
        for three in times.windows(3) {
            prop_assert!(three[2].since(three[0]) >= Debounce::default().resolve_after_ms);
        }
    }
}

#[test]
fn silence_ends_on_time_and_notifies() {
    let steps =
        [(1, Person::Nothing), (1, Person::Silences(600_000)), (300_000, Person::Nothing), (300_001, Person::Nothing)];
    let steps: Vec<Step> = steps
        .into_iter()
        .map(|(after_ms, person)| Step { after_ms, statuses: [Status::Holds(1), Status::Gone], person })
        .collect();
    let notices: Vec<Option<&str>> =
        run_steps(&steps, usize::MAX).iter().map(|(_, _, changes)| changes.iter().find_map(Change::notice)).collect();
    assert_eq!(notices, [Some("opened"), None, None, Some("updated")]);
}

#[test]
fn single_failed_poll_opens_no_alert() {
    let flicker = |status| Step { after_ms: 15_000, statuses: [Status::Gone, status], person: Person::Nothing };
    let steps = [Status::Holds(1), Status::Gone, Status::Holds(1), Status::Holds(1), Status::Holds(1)].map(flicker);
    let opened: Vec<usize> = run_steps(&steps, usize::MAX).iter().map(|(_, _, changes)| changes.len()).collect();
    assert_eq!(opened, [0, 0, 0, 0, 1]);
}
