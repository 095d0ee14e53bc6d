//! The form for a backfill: reads the runs of a window from the log group again, for example from before Logyard was
//! installed.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Function, PipelineName, Window};

use crate::{api::StartBackfill, context, format::duration};

#[component]
pub fn Backfill(pipeline: PipelineName, function: Function, window: Window) -> impl IntoView {
    let zone = context::scope().zone();
    let given = context::scope().given_zone().map(|zone| zone.to_string()).unwrap_or_default();
    let field = |name: &'static str, label: &'static str, at: model::Time| {
        view! {
            <label>
                <span>{label} ", " <span data-zone-name="">{zone.name()}</span></span>
                <input type="datetime-local" name=name step="1" required value=zone.field(at) data-at=at.to_string() />
            </label>
        }
    };
    let region = function.region.map(|region| format!(" in {region}")).unwrap_or_default();
    let timeout = i64::try_from(function.timeout_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
    view! {
        <section aria-labelledby="backfill" data-key="backfill">
            <h2 id="backfill">"Backfill"</h2>
            <p class="note">
                "Reads the runs of a window from " <code>{function.log_group}</code> {region}
                " again. Recorded runs stay as they are; missing runs are added. The function's timeout is "
                {duration(timeout)} "."
            </p>
            <form method="post" action=StartBackfill::PATH class="filter-row backfill" data-keep="">
                <input type="hidden" name="pipeline" value=pipeline.to_string() />
                <input type="hidden" name="zone" value=given />
                <input type="hidden" name="from_zone" value="" />
                <input type="hidden" name="to_zone" value="" />
                {field("from", "From", window.from())}
                {field("to", "To", window.to())}
                <button>"Start backfill"</button>
            </form>
        </section>
    }
}
