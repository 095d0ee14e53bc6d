//! The page of a followed pipeline's dead letters: records that could not be parsed, and events that its sink refused.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{DeadLetterLine, DeadLetterList, PipelineName};

use crate::{
    api, context,
    error::AppError,
    format::{Mark, bytes, count, file_name},
    ui::{Accept, Copyable, Fault, Loaded, PageTitle, StateMark, not_accepted},
};

#[component]
pub fn DeadLettersPage() -> impl IntoView {
    let name = use_params_map().with_untracked(|params| params.get("name").unwrap_or_default());
    view! {
        {not_accepted(&context::page_query()).map(|problem| view! { <Fault problem /> })}
        <Loaded of=load(name) let:list>
            <Letters list />
        </Loaded>
    }
}

async fn load(name: String) -> Result<DeadLetterList, AppError> {
    api::get_pipeline_dead_letters(name.parse::<PipelineName>()?).await
}

/// The command that sends a file again, quoted for a shell.
fn resend(file: &str, sink: Option<&str>) -> String {
    let words = ["logyard", "reprocess", file, sink.unwrap_or("SINK")];
    words.map(crate::command::quoted).join(" ")
}

#[component]
fn Letters(list: DeadLetterList) -> impl IntoView {
    let DeadLetterList { pipeline, holder, file, bytes: size, items, older, sink, .. } = list;
    let name = pipeline.to_string();
    let back = context::scope().on(&format!("/pipelines/{name}"));
    let own = format!("/pipelines/{name}/dead-letters");
    let download = format!("/api/v1/pipelines/{name}/dead-letters");
    let command = resend(&file, sink.as_deref());
    let elsewhere = holder.map(|holder| {
        view! { <p class="note">"The pipeline is followed by " {holder} ". Each server has a file of its own; this is the one of the server that you are looking at."</p> }
    });
    view! {
        <PageTitle text=format!("Dead letters · {name}") />
        <header class="job-head">
            <p class="kind">"dead letters of a pipeline"</p>
            <h1><a href=back>{name.clone()}</a></h1>
            {(size > 0).then(|| view! {
                <p class="actions">
                    <a class="button" href=download rel="external" download="">{format!("Download {} as NDJSON", bytes(size))}</a>
                </p>
            })}
        </header>
        {elsewhere}
        {if size == 0 {
            view! { <p class="empty">"No dead letters on this server: every record was parsed, and the sink refused no event."</p> }.into_any()
        } else {
            view! { <Table items older /> }.into_any()
        }}
        {(size > 0).then(|| view! {
            <section aria-labelledby="again" data-key="again">
                <h2 id="again">"What to do"</h2>
                <p>"Send them again, once the sink takes them or a newer version can parse them. Then remove the file."</p>
                <Copyable text=command label="Command that sends the dead letters again" />
                <Accept of=("pipeline", name) back=own />
            </section>
        })}
    }
}

#[component]
fn Table(items: Vec<DeadLetterLine>, older: bool) -> impl IntoView {
    let shown = items.len() as u64;
    let row = |line: DeadLetterLine| {
        let (word, tone) = if line.quarantined { ("not parsed", "warn") } else { ("refused", "bad") };
        let key = line.key.unwrap_or_else(|| "no object".to_owned());
        view! {
            <tr data-key=format!("{key}:{}", line.offset)>
                <th scope="row" data-label="Object">
                    <code title=key.clone()>{file_name(&key).to_owned()}</code>
                    <p class="more">"line " {count(line.line)} ", offset " {count(line.offset)}</p>
                </th>
                <td data-label="Reason"><StateMark mark=Mark { shape: "✖", word, tone } /> " " {line.message}</td>
                <td data-label="Begins"><code>{line.text}</code></td>
            </tr>
        }
    };
    view! {
        <section aria-labelledby="letters" data-key="letters">
            <h2 id="letters">"Newest"</h2>
            <table class="rows">
                <caption class="visually-hidden">"Records that could not be parsed and events that the sink refused, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Object"</th>
                        <th scope="col">"Reason"</th>
                        <th scope="col">"Begins"</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(row).collect_view()}</tbody>
            </table>
            {older.then(|| view! { <p class="note">{format!("The newest {} are shown; the download has all of them, whole.", count(shown))}</p> })}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    fn list(bytes: u64, items: Vec<DeadLetterLine>) -> DeadLetterList {
        DeadLetterList {
            now: model::Time(0),
            pipeline: "api".parse().unwrap(),
            holder: Some("one".to_owned()),
            file: "/data/dead letters/pipeline-api.ndjson".to_owned(),
            bytes,
            items,
            older: true,
            sink: Some("tcp://logs:5000".to_owned()),
        }
    }

    #[test]
    fn dead_letters_show_reason_and_escaped_text() {
        let line = DeadLetterLine {
            quarantined: true,
            message: "time \"yesterday\" is not a time".to_owned(),
            key: Some("AWSLogs/1/app.log.gz".to_owned()),
            line: 2,
            offset: 310,
            text: "https <b>yesterday</b>".to_owned(),
        };
        let html = examples::html(move || view! { <Letters list=list(1_234, vec![line]) /> });
        for text in [
            "not parsed",
            "is not a time",
            "line 2, offset 310",
            "https &lt;b&gt;yesterday",
            "Download 1.2 kB",
            "The newest 1 are shown",
            "Accept with this note",
            "followed by one",
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert!(
            html.contains("logyard reprocess &#x27;/data/dead letters/") || html.contains("'/data/dead letters/"),
            "{html}"
        );
        let none = examples::html(|| view! { <Letters list=list(0, Vec::new()) /> });
        assert!(none.contains("No dead letters on this server") && !none.contains("Download"), "{none}");
    }
}
