//! The plan of a scheduled mirror that is above its standing consent, and the form that confirms it.
//!
//! Always: exactly the plan shown is confirmed; the engine compares it with the listings before it deletes.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Plan, Schedule, Time, Waiting};

use crate::{
    api::ConfirmSchedule,
    format::{bytes, count, counted},
    ui::{Moment, NameField},
};

#[component]
pub fn ConfirmPlan(schedule: Schedule, waiting: Waiting, mistyped: bool, now: Time) -> impl IntoView {
    let Waiting { until, decision } = waiting;
    let Plan { id, at, to_delete, to_delete_bytes, .. } = decision.plan;
    let more = to_delete.saturating_sub(decision.examples.len() as u64);
    let (name, objects) = (schedule.clone.destination.url(), counted(to_delete, "object"));
    view! {
        <section class="confirm-box" aria-labelledby="waits" data-key="waits">
            <h2 id="waits" class="losses">{objects.clone()} ", " {bytes(to_delete_bytes)} ", would be deleted"</h2>
            <p>{decision.exceeds}</p>
            <p>
                "The copying is done, and nothing was deleted. These objects had no counterpart at the source at "
                <Moment at now /> ":"
            </p>
            <pre class="losses">{decision.examples.join("\n")}</pre>
            {(more > 0).then(|| view! { <p>"and " {count(more)} " more."</p> })}
            <p class="note">
                "The plan can be confirmed until " <Moment at=until now />
                ", unless the schedule starts another job or is edited before. If the objects have changed by then, nothing is \
                deleted. In a bucket without versioning a deleted object cannot be restored."
            </p>
            <form method="post" action=ConfirmSchedule::PATH class="clone-form">
                <input type="hidden" name="id" value=schedule.id.to_string() />
                <input type="hidden" name="plan" value=id.to_string() />
                <NameField
                    name
                    wrong=mistyped.then_some("✖ The name does not match the destination exactly. Nothing was started.")
                />
                <p class="actions"><button class="danger">"Delete " {objects}</button></p>
            </form>
        </section>
    }
}
