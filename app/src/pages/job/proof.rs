//! The proof of a job: a verdict in a sentence, and the figures it is based on.

use leptos::{either::EitherOf5, prelude::*};
use model::{Backfilled, Compare, Comparison, DryRun, Job, Kind, Mode, Proof, Selection, Shipped, UnreadableTags};

use crate::format::{bytes, count, counted, object};

/// The verdict of a comparison.
fn verdict(proof: &Comparison) -> String {
    if proof.is_of_nothing() {
        let what = if proof.selection.is_all() { "no object" } else { "no object that is selected" };
        return format!(
            "Nothing to do: the source has {what}. Check bucket and prefix; a prefix is the beginning of keys, not a folder."
        );
    }
    let equal = counted(proof.equal_objects(), object(&proof.selection));
    if !proof.has_faults() {
        let kinds = [
            (proof.equal_by_etag, "with the same size and ETag or checksum"),
            (proof.equal_by_digest, "with the digest taken while it was copied"),
            (proof.equal_by_content, "byte by byte"),
            (proof.equal_by_size, "with the same size only"),
        ];
        let kinds: Vec<_> = kinds.into_iter().filter(|(number, _)| *number > 0).collect();
        let found = match kinds.as_slice() {
            [] => "each found at the destination".to_owned(),
            [(_, how)] => format!("each found at the destination {how}"),
            many => {
                let many: Vec<_> = many.iter().map(|(number, how)| format!("{} {how}", count(*number))).collect();
                format!("each found at the destination: {}", many.join(", "))
            }
        };
        let besides = match (proof.compare, proof.unreadable_tags) {
            (Compare::Listing | Compare::Content, _) => "",
            (Compare::Metadata, UnreadableTags::Fail) => ", metadata and tags the same",
            (Compare::Metadata, _) => ", metadata the same, and tags where they can be read",
        };
        if proof.unverified == 0 {
            return format!("Equal: {equal} at the source, {found}{besides}.");
        }
        let unverified = format!("Copied, unverified: {}", counted(proof.unverified, object(&proof.selection)));
        let others =
            if proof.equal_objects() == 0 { String::new() } else { format!(" {equal} equal: {found}{besides}.") };
        return format!("{unverified} on record as written, with no digest to compare.{others}");
    }
    let faults = [
        (proof.missing, "missing"),
        (proof.different, "different"),
        (proof.unproven, "neither proven equal nor different"),
    ];
    let extra = (proof.mode != Mode::Copy).then_some((proof.extra, "only at the destination"));
    let faults: Vec<String> = faults
        .into_iter()
        .chain(extra)
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(number)))
        .collect();
    let verdict = if proof.has_only_unproven() { "Not proven" } else { "Not equal" };
    let unverified =
        if proof.unverified > 0 { format!(", {} copied, unverified", count(proof.unverified)) } else { String::new() };
    format!("{verdict}: {}; {equal} equal{unverified}.", faults.join(", "))
}

/// What the comparison covered.
fn by_what(compare: Compare) -> &'static str {
    match compare {
        Compare::Listing => "Compared by listing: key, size and ETag, and checksums if these do not decide.",
        Compare::Metadata => "Compared by listing and by storage class, metadata, content headers and tags.",
        Compare::Content => "Compared by listing; what no ETag, checksum or digest decides was read at both places.",
    }
}

/// Objects that are not part of the clone; `None` if there are none.
fn left_out(number: u64) -> Option<String> {
    (number > 0).then(|| {
        format!(
            "{} left out: the key equals the source's prefix and would be empty at the destination.",
            counted(number, "object")
        )
    })
}

/// What the comparison left out; `None` if it covered all objects.
fn limits(selection: &Selection) -> Option<String> {
    if selection.is_all() {
        return None;
    }
    let extra = selection.unknown_of_extras().map(|what| {
        format!(" Objects only at the destination were not counted, because the {what} of their sources is unknown.")
    });
    let extra = extra.unwrap_or_default();
    Some(format!("Only objects {selection} were compared; all others were ignored at both endpoints.{extra}"))
}

#[component]
pub fn ProofTable(job: Job) -> impl IntoView {
    let clone = job.kind == Kind::Clone;
    let content = match job.proof {
        Some(Proof::Compared(proof)) => EitherOf5::A(view! { <Compared proof /> }),
        Some(Proof::DryRun(proof)) => EitherOf5::B(view! { <Dry proof /> }),
        Some(Proof::Shipped(proof)) => EitherOf5::C(view! { <Sent proof /> }),
        Some(Proof::Backfilled(proof)) => EitherOf5::D(view! { <ReadBack proof /> }),
        None if job.kind == Kind::Backfill => {
            EitherOf5::E("A backfill is proven once the log of its window has been read to the end.")
        }
        None if job.state.ended() => EitherOf5::E(if clone {
            "None: the comparison of both listings did not finish, so nothing is proven."
        } else {
            "None: the job did not finish. Each of its runs says what was delivered."
        }),
        None => EitherOf5::E(if clone {
            "Both listings are compared once all objects are copied; until then nothing is proven."
        } else {
            "Every record is accounted for at the end of the job; until then each run says what was delivered."
        }),
    };
    view! {
        <section aria-labelledby="proof" data-key="proof">
            <h2 id="proof">"Proof"</h2>
            <div class="proof">{content}</div>
        </section>
    }
}

#[component]
fn ReadBack(proof: Backfilled) -> impl IntoView {
    let rows = vec![("Events read", count(proof.events)), ("Runs started in the window", count(proof.runs))];
    let (shape, tone) = if proof.events == 0 { ("– ", "mark idle verdict") } else { ("✔ ", "mark good verdict") };
    view! {
        <p class=tone><span aria-hidden="true">{shape}</span> "The log of the window was read to the end."</p>
        <FigureTable caption="Contents of the log" rows />
    }
}

#[component]
fn Compared(proof: Comparison) -> impl IntoView {
    let (shape, tone) = match () {
        () if proof.is_of_nothing() => ("– ", "mark idle verdict"),
        () if proof.equal => ("✔ ", "mark good verdict"),
        () if !proof.has_faults() => ("? ", "mark warn verdict"),
        () => ("✖ ", "mark bad verdict"),
    };
    let extra = if proof.mode == Mode::Copy {
        "Only at the destination (a copy leaves them)"
    } else {
        "Only at the destination"
    };
    let rows = [
        ("At the source", proof.source_objects),
        ("At the destination", proof.destination_objects),
        ("Equal by key, size and ETag or checksum", proof.equal_by_etag),
        ("Equal by the digest taken while copying", proof.equal_by_digest),
        ("Equal byte by byte", proof.equal_by_content),
        ("Copied, unverified: on record, no digest to compare", proof.unverified),
        ("Not proven: same size, nothing else to compare", proof.unproven),
        ("Missing at the destination", proof.missing),
        ("Different at the destination", proof.different),
        (extra, proof.extra),
    ];
    view! {
        <p class=tone><span aria-hidden="true">{shape}</span> {verdict(&proof)}</p>
        <FigureTable caption="Comparison of both listings, in objects" rows=rows.map(|(name, number)| (name, count(number))).to_vec() />
        <p class="note">{bytes(proof.source_bytes)} " at the source; both listings were read to the end. " {by_what(proof.compare)}</p>
        {left_out(proof.left_out).map(|left_out| view! { <p class="note">{left_out}</p> })}
        {limits(&proof.selection).map(|limits| view! { <p class="note">{limits}</p> })}
    }
}

#[component]
fn Dry(proof: DryRun) -> impl IntoView {
    let rows = vec![
        ("At the source", format!("{}, {}", count(proof.source_objects), bytes(proof.source_bytes))),
        ("Would be copied", format!("{}, {}", count(proof.would_copy), bytes(proof.would_copy_bytes))),
        ("Would be skipped", count(proof.would_skip)),
        ("Only at the destination", count(proof.extra)),
    ];
    let tone = if proof.source_objects == 0 { "mark idle verdict" } else { "mark good verdict" };
    view! {
        <p class=tone>"Dry run: both listings were read to the end, nothing was written."</p>
        <FigureTable caption="Result of a copy, in objects" rows />
        {left_out(proof.left_out).map(|left_out| view! { <p class="note">{left_out}</p> })}
        {limits(&proof.selection).map(|limits| view! { <p class="note">{limits}</p> })}
    }
}

#[component]
fn Sent(proof: Shipped) -> impl IntoView {
    let rows = vec![
        ("Objects", count(proof.objects)),
        ("Shipped completely", count(proof.shipped)),
        ("Delivered by an earlier run", count(proof.skipped)),
        ("Failed", count(proof.failed)),
        ("Records", count(proof.lines.encountered)),
        ("Outside the window, or left out by conditions", count(proof.lines.filtered)),
        ("Sent", count(proof.lines.sent)),
        ("Acknowledged", count(proof.lines.acknowledged)),
        ("Already present", count(proof.lines.duplicate)),
        ("Not parsed", count(proof.unparsed)),
        ("Quarantined", count(proof.quarantined)),
        ("Not delivered", count(proof.undelivered)),
        ("Left out, not load balancer logs", count(proof.left_out)),
    ];
    let (shape, tone) = match proof.failed == 0 && proof.adds_up() {
        true if proof.excepted > 0 => ("?", "mark warn verdict"),
        true if proof.events() == 0 => ("–", "mark idle verdict"),
        // Written, and nobody said that it arrived.
        true if proof.sink.is_some() && !proof.acknowledged => ("→", "mark idle verdict"),
        true => ("✔", "mark good verdict"),
        false => ("✖", "mark bad verdict"),
    };
    view! {
        <p class=tone><span aria-hidden="true">{shape}</span> " " {account(&proof)}</p>
        <FigureTable caption="Accounting of all records" rows />
    }
}

/// The verdict of a reprocess: what was sent, and its evidence.
fn account(proof: &Shipped) -> String {
    let lines = &proof.lines;
    let events = match (&proof.sink, proof.acknowledged) {
        (None, _) => format!("{} parsed, nothing sent", counted(lines.parsed, "event")),
        (Some(sink), true) => {
            let arrived = counted(lines.acknowledged + lines.duplicate, "event");
            format!("{arrived} acknowledged by {sink}")
        }
        (Some(sink), false) => format!(
            "{} written to {sink} and every connection closed in order; the sink does not acknowledge",
            counted(lines.sent, "event")
        ),
    };
    let lost = proof.unparsed + proof.undelivered;
    if proof.objects == 0 && lost == 0 && proof.failed == 0 {
        return "Nothing to do: there is no log object in the window or the prefix.".to_owned();
    }
    if proof.events() == 0 && lost == 0 && proof.failed == 0 && proof.adds_up() {
        let objects = counted(proof.objects, "object");
        return match (proof.skipped, proof.lines.encountered) {
            (skipped, 0) if skipped > 0 => format!("Nothing to do: of {objects}, earlier runs delivered all records."),
            (_, 0) => format!("Nothing to do: {objects}, and no record."),
            (_, records) => {
                format!(
                    "Nothing to do: of {} in {objects}, none lies in the window, or is kept by the pipeline's conditions.",
                    counted(records, "record")
                )
            }
        };
    }
    if lost == 0 && proof.failed == 0 && proof.adds_up() {
        return format!("All of {} accounted for: {events}.", counted(lines.encountered, "record"));
    }
    if proof.excepted > 0 && proof.failed == 0 && proof.adds_up() {
        return format!(
            "All of {} accounted for: {events}; {} in {} could not be parsed and are quarantined.",
            counted(lines.encountered, "record"),
            counted(proof.quarantined, "record"),
            counted(proof.excepted, "object")
        );
    }
    format!("{events}; {} not delivered, in {}.", counted(lost, "record"), counted(proof.failed, "failed object"))
}

#[component]
fn FigureTable(caption: &'static str, rows: Vec<(&'static str, String)>) -> impl IntoView {
    let row = |(name, value): (&'static str, String)| view! { <tr data-key=name><th scope="row">{name}</th><td class="number">{value}</td></tr> };
    view! {
        <table class="sums">
            <caption class="visually-hidden">{caption}</caption>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    fn compared() -> Comparison {
        match examples::proven(1).proof {
            Some(Proof::Compared(proof)) => proof,
            _ => unreachable!(),
        }
    }

    #[test]
    fn equal_sizes_claim_no_more_than_size() {
        let by_size = Comparison { equal_by_etag: 7_000, equal_by_size: 500, ..compared() };
        let said = verdict(&by_size);
        assert!(
            said.ends_with("7,000 with the same size and ETag or checksum, 500 with the same size only."),
            "{said}"
        );
        let unproven = Comparison { equal_by_etag: 7_000, unproven: 500, ..compared() }.judged();
        assert_eq!(verdict(&unproven), "Not proven: 500 neither proven equal nor different; 7,000 objects equal.");
    }

    #[test]
    fn records_claim_no_more_than_a_copy() {
        let proof = Comparison { equal_by_etag: 7_000, unverified: 500, ..compared() }.judged();
        assert!(!proof.equal && !proof.has_faults());
        let said = verdict(&proof);
        assert!(said.starts_with("Copied, unverified: 500 objects on record"), "{said}");
        assert!(said.contains("7,000 objects equal"), "{said}");
    }

    #[test]
    fn proof_of_nothing_claims_nothing() {
        let nothing = Comparison { source_objects: 0, equal_by_etag: 0, ..compared() }.judged();
        assert!(
            verdict(&nothing).starts_with("Nothing to do: the source has no object. Check"),
            "{}",
            verdict(&nothing)
        );
        let selection = Selection { include: vec!["*.gz".parse().unwrap()], ..Selection::default() };
        assert!(verdict(&Comparison { selection, ..nothing }).contains("no object that is selected"));
        assert_eq!(left_out(0), None);
        assert!(left_out(1).unwrap().starts_with("1 object left out"));
    }

    #[test]
    fn reprocess_claims_no_more_than_its_evidence() {
        let lines = model::Lines { encountered: 9, parsed: 9, filtered: 9, ..model::Lines::default() };
        let nothing = Shipped {
            at: model::Time(0),
            objects: 3,
            shipped: 3,
            skipped: 0,
            failed: 0,
            left_out: 0,
            lines,
            unparsed: 0,
            quarantined: 0,
            excepted: 0,
            undelivered: 0,
            sink: Some("tcp://logs:5000".to_owned()),
            acknowledged: false,
        };
        assert_eq!(
            account(&nothing),
            "Nothing to do: of 9 records in 3 objects, none lies in the window, or is kept by the pipeline's conditions."
        );
        let html = |proof: Shipped| examples::html(move || view! { <Sent proof /> });
        assert!(html(nothing.clone()).contains("mark idle verdict"));
        let lines = model::Lines { encountered: 9, parsed: 9, sent: 9, ..model::Lines::default() };
        let sent = html(Shipped { lines, ..nothing.clone() });
        assert!(sent.contains("→") && sent.contains("does not acknowledge") && !sent.contains('✔'), "{sent}");
        let lines = model::Lines { acknowledged: 9, ..lines };
        assert!(html(Shipped { lines, acknowledged: true, ..nothing.clone() }).contains('✔'));
        let lines = model::Lines { encountered: 11, ..lines };
        let quarantined = Shipped { lines, acknowledged: true, unparsed: 2, quarantined: 2, excepted: 1, ..nothing };
        let html = html(quarantined);
        assert!(html.contains("2 records in 1 object could not be parsed and are quarantined."), "{html}");
        assert!(!html.contains('✔'), "{html}");
    }

    #[test]
    fn proof_says_where_tags_were_not_compared() {
        let metadata = Comparison { compare: Compare::Metadata, ..compared() };
        assert!(verdict(&metadata).ends_with(", metadata and tags the same."));
        let warned = Comparison { unreadable_tags: UnreadableTags::Warn, ..metadata };
        assert!(verdict(&warned).ends_with("and tags where they can be read."));
    }

    #[test]
    fn proof_over_selected_objects_names_them() {
        assert_eq!(limits(&compared().selection), None);
        let selection = Selection { include: vec!["*.gz".parse().unwrap()], ..Selection::default() };
        let chosen = Comparison { selection: selection.clone(), ..compared() };
        assert!(verdict(&chosen).starts_with("Equal: 7,500 selected objects at the source"));
        let said = limits(&selection).unwrap();
        assert!(said.starts_with("Only objects matching \"*.gz\" were compared"), "{said}");
        assert!(!said.contains("only at the destination"), "{said}");
        let since = Selection { newer_than: Some(model::Time(0)), ..selection };
        assert!(limits(&since).unwrap().contains("only at the destination"));
        let sized = Selection { max_size: Some(model::ByteSize(5)), ..Selection::default() };
        assert!(limits(&sized).unwrap().ends_with("because the size of their sources is unknown."));
    }

    #[test]
    fn verdict_names_every_kind_of_difference() {
        assert!(verdict(&compared()).starts_with("Equal: 7,500 objects"));
        let unequal = Comparison { equal_by_etag: 7_400, missing: 60, different: 40, extra: 3, ..compared() }.judged();
        assert_eq!(verdict(&unequal), "Not equal: 60 missing, 40 different; 7,400 objects equal.");
        let verified = Comparison { mode: Mode::Verify, missing: 0, different: 0, ..unequal }.judged();
        assert_eq!(verdict(&verified), "Not equal: 3 only at the destination; 7,400 objects equal.");
    }
}
