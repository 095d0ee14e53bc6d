//! The book under any sequence of views and of what people do.

use std::collections::{BTreeMap, BTreeSet};

use model::{AlertId, AlertKind, AlertState, Time};
use proptest::prelude::*;

use super::{AlertTracker, Change, Debounce, Finding, Judgement, TrackedAlert, findings::around};

/// What a look at one kind says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Look {
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
    looks: [Look; 2],
    person: Person,
}

/// One that opens at once, one that must hold for a while.
const KINDS: [AlertKind; 2] = [AlertKind::Loss, AlertKind::Unknown];

fn look() -> impl Strategy<Value = Look> {
    prop_oneof![(0..100_u64).prop_map(Look::Holds), Just(Look::Gone), Just(Look::Gone), Just(Look::Unknown)]
}

fn step() -> impl Strategy<Value = Step> {
    let person = prop_oneof![
        6 => Just(Person::Nothing),
        1 => Just(Person::Acknowledges),
        1 => (0..3_600_000_i64).prop_map(Person::Silences),
        1 => Just(Person::Reopens)
    ];
    (1..120_000_i64, [look(), look()], person).prop_map(|(after_ms, looks, person)| Step { after_ms, looks, person })
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

/// What the store does with changes.
#[derive(Default)]
struct Kept {
    open: BTreeMap<AlertId, TrackedAlert>,
    resolved: BTreeSet<AlertId>,
    made: u64,
}

impl Kept {
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

/// Plays steps; the time, the looks and the changes of each.
fn play(steps: &[Step], restart_every: usize) -> Vec<(Time, [Look; 2], Vec<Change>)> {
    let book = || AlertTracker::of_pipeline("elb".parse().unwrap(), Debounce::default());
    let (mut kept, mut tracker, mut now) = (Kept::default(), book(), Time(1_770_000_000_000));
    let mut told = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        now = Time(now.0 + step.after_ms);
        kept.person(now, step.person);
        if index % restart_every == restart_every - 1 {
            tracker = book();
        }
        let mut judgement = Judgement::default();
        for (kind, look) in KINDS.into_iter().zip(step.looks) {
            match look {
                Look::Holds(weight) => judgement.findings.push(finding(kind, now, weight)),
                Look::Gone => {}
                Look::Unknown => {
                    judgement.unknown.insert(kind);
                }
            }
        }
        let tracked = kept.open.values().cloned().collect();
        let mut made = kept.made;
        let changes = tracker.update(now, &judgement, tracked, || {
            made += 1;
            format!("00000000-0000-7000-8000-{made:012x}").parse().unwrap()
        });
        kept.made = made;
        for change in &changes {
            kept.apply(change);
        }
        for kind in KINDS {
            let open = kept.open.values().filter(|tracked| tracked.alert.kind == kind).count();
            assert!(open <= 1, "two unresolved alerts of a kind");
        }
        told.push((now, step.looks, changes));
    }
    told
}

proptest! {
    #[test]
    fn an_alert_is_opened_once_and_resolved_once_also_across_restarts(
        steps in prop::collection::vec(step(), 1..80),
        restart_every in 2..20_usize,
    ) {
        play(&steps, restart_every); // its assertions
    }

    /// Opened at the first look that finds it; resolved only after it was gone for the whole debounce, without a look
    /// that found it or could not tell.
    #[test]
    fn nothing_is_resolved_before_it_was_gone_for_a_while(steps in prop::collection::vec(step(), 1..80)) {
        let debounce = Debounce::default();
        let mut gone_since: BTreeMap<usize, Time> = BTreeMap::new();
        for (now, looks, changes) in play(&steps, usize::MAX) {
            for (index, look) in looks.into_iter().enumerate() {
                match look {
                    Look::Gone => {
                        gone_since.entry(index).or_insert(now);
                    }
                    Look::Holds(_) | Look::Unknown => {
                        gone_since.remove(&index);
                    }
                }
            }
            for change in &changes {
                let index = usize::from(change.tracked().alert.kind == KINDS[1]);
                if matches!(change, Change::Resolved(_)) {
                    prop_assert!(gone_since.get(&index).is_some_and(|since| now.since(*since) >= debounce.resolve_after_ms));
                }
                if matches!(change, Change::Opened(_)) {
                    prop_assert!(matches!(looks[index], Look::Holds(_)));
                }
            }
        }
    }

    /// However it flickers, people hear of a kind at most twice (opened, resolved) in the time that resolving takes,
    /// and now and then that it became worse or that a silence is over.
    #[test]
    fn what_flickers_does_not_flap(flicker in prop::collection::vec(any::<bool>(), 100..400)) {
        let steps: Vec<Step> = flicker
            .iter()
            .map(|holds| Step {
                after_ms: 15_000,
                looks: [if *holds { Look::Holds(1) } else { Look::Gone }, Look::Gone],
                person: Person::Nothing,
            })
            .collect();
        let told = play(&steps, usize::MAX);
        let times: Vec<Time> = told
            .iter()
            .flat_map(|(now, _, changes)| changes.iter().filter(|change| change.notice().is_some()).map(|_| *now))
            .collect();
        for three in times.windows(3) {
            prop_assert!(three[2].since(three[0]) >= Debounce::default().resolve_after_ms);
        }
    }
}

#[test]
fn silence_ends_by_itself_and_is_told_then() {
    let steps =
        [(1, Person::Nothing), (1, Person::Silences(600_000)), (300_000, Person::Nothing), (300_001, Person::Nothing)];
    let steps: Vec<Step> = steps
        .into_iter()
        .map(|(after_ms, person)| Step { after_ms, looks: [Look::Holds(1), Look::Gone], person })
        .collect();
    let told: Vec<Option<&str>> =
        play(&steps, usize::MAX).iter().map(|(_, _, changes)| changes.iter().find_map(Change::notice)).collect();
    assert_eq!(told, [Some("opened"), None, None, Some("updated")]);
}

#[test]
fn one_failed_look_of_a_reader_is_no_news() {
    let flicker = |look| Step { after_ms: 15_000, looks: [Look::Gone, look], person: Person::Nothing };
    let steps = [Look::Holds(1), Look::Gone, Look::Holds(1), Look::Holds(1), Look::Holds(1)].map(flicker);
    let opened: Vec<usize> = play(&steps, usize::MAX).iter().map(|(_, _, changes)| changes.len()).collect();
    assert_eq!(opened, [0, 0, 0, 0, 1]);
}
