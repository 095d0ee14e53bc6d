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
pub fn ModeChoice(mode: String) -> impl IntoView {
    let (verify, mirror) = (mode == "verify", mode == "mirror");
    view! {
        <fieldset class="what">
            <legend>"Operation"</legend>
            <label class="choice">
                <input type="radio" name="mode" value="copy" checked=!verify && !mirror />
                <span>"Copy missing and different objects, then compare"</span>
            </label>
            <label class="choice">
                <input type="radio" name="mode" value="verify" checked=verify />
                <span>"Compare only, write nothing"</span>
            </label>
            <label class="choice">
                <input type="radio" name="mode" value="mirror" checked=mirror />
                <span>"Mirror: copy, delete objects that only the destination has, then compare"</span>
            </label>
            <p class="note">"A mirror needs a standing consent, below."</p>
        </fieldset>
    }
}

/// How much one firing of a mirror may delete without a confirmation.
#[component]
pub fn ConsentFields(
    objects: String,
    percent: String,
    confirm: String,
    /// The destination, if the form names one.
    place: Option<String>,
    fault: Option<String>,
    confirm_fault: Option<String>,
) -> impl IntoView {
    let field = |name: &'static str, label: &'static str, most: Option<&'static str>, value: String| {
        view! {
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type="number"
                min="0"
                max=most
                inputmode="numeric"
                aria-describedby="consent-fault"
                value=value
            />
        }
    };
    view! {
        <fieldset class="side" aria-describedby="consent">
            <legend>"Standing consent (mirror only)"</legend>
            {field("consent_objects", "Objects deleted at most", None, objects)}
            {field("consent_percent", "Percent of the destination at most", Some("100"), percent)}
            <FieldFault id="consent-fault".to_owned() text=fault />
            <label for="confirm">"Name of the destination"</label>
            <input
                id="confirm"
                name="confirm"
                autocomplete="off"
                spellcheck="false"
                autocapitalize="none"
                aria-describedby="confirm-fault"
                value=confirm
            />
            <FieldFault id="confirm-fault".to_owned() text=confirm_fault />
            <p class="note" id="consent">
                "One firing deletes as many objects without asking. If its plan is above a limit, or the source has no objects, it \
                copies, deletes nothing, and its plan waits here for a confirmation, for 72 hours."
                {place.map(|place| view! { " To give this consent, type " <code>{place}</code> "." })}
            </p>
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
