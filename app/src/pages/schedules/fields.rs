//! The fields of a schedule, each with its own fault; a cron expression also shows its next times.

use leptos::prelude::*;
use model::Upcoming;

use crate::{format::recurrence, ui::FieldFault};

/// Suggested cron expressions.
const READY: [&str; 7] =
    ["0 2 * * *", "0 * * * *", "*/15 * * * *", "0 */6 * * *", "0 2 * * 1-5", "0 2 * * 0", "0 2 1 * *"];

/// Suggested time zones; the server accepts any IANA name.
const ZONES: [&str; 20] = [
    "UTC",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Perth",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Paris",
    "Pacific/Auckland",
    "Pacific/Honolulu",
];

#[component]
pub fn NameField(value: String, fault: Option<String>) -> impl IntoView {
    view! {
        <label for="name">"Name"</label>
        <input
            id="name"
            name="name"
            required
            maxlength="60"
            autocomplete="off"
            placeholder="nightly"
            aria-describedby="name-fault"
            value=value
        />
        <FieldFault id="name-fault".to_owned() text=fault />
    }
}

#[component]
pub fn ModeChoice(verify: bool) -> impl IntoView {
    view! {
        <fieldset class="what">
            <legend>"Operation"</legend>
            <label class="choice">
                <input type="radio" name="mode" value="copy" checked=!verify />
                <span>"Copy missing and different objects, then compare"</span>
            </label>
            <label class="choice">
                <input type="radio" name="mode" value="verify" checked=verify />
                <span>"Compare only, write nothing"</span>
            </label>
            <p class="note">"A mirror cannot be scheduled: its deletions must be confirmed each time."</p>
        </fieldset>
    }
}

/// A cron expression, in words and with its next times.
#[component]
pub fn CronField(
    name: &'static str,
    label: &'static str,
    placeholder: &'static str,
    value: String,
    required: bool,
    /// `None` while the field is empty.
    times: Option<Vec<Upcoming>>,
    fault: Option<String>,
) -> impl IntoView {
    let list = format!("{name}-choices");
    let choice = |cron: &'static str| view! { <option value=cron>{recurrence(cron)}</option> };
    let words = recurrence(&value).filter(|_| times.is_some());
    view! {
        <label for=name>{label}</label>
        <input
            id=name
            name=name
            list=list.clone()
            required=required
            maxlength="100"
            autocomplete="off"
            spellcheck="false"
            placeholder=placeholder
            aria-describedby=format!("{name}-fault")
            value=value
        />
        <datalist id=list>{READY.into_iter().map(choice).collect_view()}</datalist>
        <FieldFault id=format!("{name}-fault") text=fault />
        <div class="note found" aria-live="polite">
            {words.map(|words| view! { <p>{words}</p> })}
            {times.map(|times| view! { <Times times /> })}
        </div>
    }
}

#[component]
fn Times(times: Vec<Upcoming>) -> impl IntoView {
    // Not a `time` element: the time stays in the schedule's time zone, not the reader's.
    let time = |time: Upcoming| view! { <li title=time.at.to_string()>{time.local}</li> };
    view! {
        <p>"Next:"</p>
        <ol class="upcoming">{times.into_iter().map(time).collect_view()}</ol>
    }
}

#[component]
pub fn ZoneField(value: String, fault: Option<String>) -> impl IntoView {
    view! {
        <label for="zone">"Time zone"</label>
        <input
            id="zone"
            name="zone"
            list="zones"
            autocomplete="off"
            spellcheck="false"
            placeholder="UTC"
            aria-describedby="zone-fault"
            value=value
        />
        <datalist id="zones">{ZONES.map(|zone| view! { <option value=zone></option> }).collect_view()}</datalist>
        <FieldFault id="zone-fault".to_owned() text=fault />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suggestion_has_words() {
        assert!(READY.into_iter().all(|cron| recurrence(cron).is_some()));
        assert_eq!(recurrence(READY[0]).as_deref(), Some("every night at 02:00"));
    }
}
