//! Two thousand runs in twenty log groups, written to moto out of order and late, read through a layer that
//! throttles. One log reader is stopped in the middle and two resume: each run is correct and recorded once.
//!
//! The layer is a double for what moto lacks: it throttles by seeded chance, and returns pages without events that
//! carry a token, as CloudWatch does.

use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    runs::log_reader::{WORDS, shipped_by, watcher},
    support::moto::Moto,
    support::server::TestServer,
};

const GROUPS: usize = 20;
/// Prefix of a token for a page that was held back.
const HELD_BACK: &str = "held back ";

#[derive(Clone)]
pub struct Layer {
    moto: String,
    http: reqwest::Client,
    chance: Arc<Mutex<StdRng>>,
    /// Answers so far that were throttled, and pages without events.
    throttled: f64,
    empty: f64,
    /// Events in a page.
    limit: u32,
    told: Arc<Mutex<(u32, u32)>>,
}

impl Layer {
    pub fn new(moto: &Moto, throttled: f64, empty: f64, limit: u32) -> Self {
        let chance = Arc::new(Mutex::new(StdRng::seed_from_u64(7)));
        let (moto, http) = (moto.url.clone(), reqwest::Client::new());
        Self { moto, http, chance, throttled, empty, limit, told: Arc::default() }
    }

    /// Starts to listen; returns the URL.
    pub async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(axum::serve(listener, service).into_future());
        url
    }
}

async fn answer(State(layer): State<Layer>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let json = [("content-type", "application/x-amz-json-1.1")];
    let mut request: Value = serde_json::from_slice(&body).unwrap();
    let chance: f64 = layer.chance.lock().unwrap().random();
    if chance < layer.throttled {
        layer.told.lock().unwrap().0 += 1;
        let refusal = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
        return (StatusCode::BAD_REQUEST, json, refusal.to_string());
    }
    let token = request["nextToken"].as_str().unwrap_or_default().to_owned();
    match token.strip_prefix(HELD_BACK) {
        Some("") => drop(request.as_object_mut().unwrap().remove("nextToken")),
        Some(token) => request["nextToken"] = token.into(),
        None if chance < layer.throttled + layer.empty => {
            layer.told.lock().unwrap().1 += 1;
            let page = json!({"events": [], "nextToken": format!("{HELD_BACK}{token}")});
            return (StatusCode::OK, json, page.to_string());
        }
        None => {}
    }
    request["limit"] = layer.limit.into();
    let mut forwarded = layer.http.post(&layer.moto).body(request.to_string());
    for name in ["x-amz-target", "content-type", "authorization", "x-amz-date"] {
        forwarded = forwarded.header(name, headers[name].clone());
    }
    let answer = forwarded.send().await.unwrap();
    (answer.status(), json, answer.text().await.unwrap())
}

/// Writes each stream's lines in four pieces, in any order, one in four late. Prints the outcome of each run.
const FEED: &str = r"
import random, sys
chance, late = random.Random(5), '--late' in sys.argv
kinds = ['delivered', 'sent', 'partial', 'empty', 'suspicious', 'timed_out', 'crashed', 'unproven', 'unknown', 'crashed']
def acknowledged(request):
    told = json.loads(summary(10, 10, 10))
    told['lines']['acknowledged'] = 10
    return f'2026-01-01T00:00:01.000Z\t{request}\t{json.dumps(told)}\n'
def invocation(request, number, ago):
    began, ended = begin(request, f'logs/{request}.log', ago), end(request, ago - 1.5)
    say = lambda text: [(ago - 1.4, text)]
    match number % 10:
        case 0: return began + say(acknowledged(request)) + ended
        case 1: return succeed(request, f'logs/{request}.log', ago)
        case 2: return succeed(request, f'logs/{request}.log', ago, (10, 10, 7))
        case 3: return succeed(request, f'logs/{request}.log', ago, (0, 0, 0, 0))
        case 4: return succeed(request, f'logs/{request}.log', ago, (10, 10, 0))
        case 5: return began + ended + say(f'2026-01-01T00:00:02.000Z {request} Task timed out after 60.06 seconds\n')
        case 6: return began + say(f'RequestId: {request} Error: Runtime exited with error: signal: killed\nRuntime.ExitError\n') + ended
        case 7: return began + ended
        case 8: return began
        case 9: return began + say(f'RequestId: {request} Process exited before completing request\n') + ended
expected, pieces = {}, []
for group in range(20):
    for stream in range(5):
        events = []
        for slot in range(20):
            number = stream * 20 + slot
            request = f'r-{group:02}-{number:03}'
            expected[request] = kinds[number % 10]
            events += invocation(request, number, 7_000 - slot * 300 - chance.random() * 200)
        events.sort(key=lambda event: -event[0])
        for first in range(0, len(events), (len(events) + 3) // 4):
            part = events[first:first + (len(events) + 3) // 4]
            pieces.append((chance.random() < 0.25, group, stream, part))
chance.shuffle(pieces)
for comes_late, group, stream, part in pieces:
    if comes_late == late:
        put(f'/aws/lambda/{group:02}', f'2026/11/21/[$LATEST]{stream}', part)
print(json.dumps(expected))
";

/// Outcomes by request id. The line that names the object may be among the late ones.
async fn outcomes(server: &TestServer, complete: bool) -> BTreeMap<String, String> {
    let (mut outcomes, mut after) = (BTreeMap::new(), String::new());
    loop {
        let page = server.json(&format!("/api/v1/runs?limit=200&after={after}")).await;
        for run in page["items"].as_array().unwrap() {
            let text = |field: &str| run[field].as_str().unwrap().to_owned();
            let request = text("request_id");
            assert_eq!(text("pipeline"), format!("p-{}", &request[2..4]));
            if complete {
                assert_eq!(text("key"), format!("logs/{request}.log"), "{run}");
            }
            assert!(outcomes.insert(request, text("outcome")).is_none(), "twice: {run}");
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return outcomes,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_run_is_recorded_once_despite_throttling() {
    let moto = Moto::start();
    let now = moto.python("import time\nprint(int(time.time() * 1000))").await;
    let words = format!("{WORDS}\nnow = {now}\n");
    let expected = moto.python(&format!("{words}{FEED}")).await;
    let expected: BTreeMap<String, String> = serde_json::from_str(&expected).unwrap();
    assert_eq!(expected.len(), 2_000);
    let layer = Layer::new(&moto, 0.15, 0.15, 200);
    let url = layer.start().await;
    let server = TestServer::with(|config| {
        let pipeline = |number| shipped_by(&format!("p-{number:02}"), &format!("/aws/lambda/{number:02}"), &url);
        config.pipelines = (0..GROUPS).map(pipeline).collect();
        config.logs.requests_per_second = NonZeroU32::new(100).unwrap();
    })
    .await;

    let first = watcher(&server, "one").await;
    let recorded = || async { seen(outcomes(&server, false).await.len(), |runs| *runs >= 500) };
    eventually_async("500 runs", within(2.mins()), recorded).await;
    first.stop().await;
    moto.python(&format!("import sys\nsys.argv.append('--late')\n{words}{FEED}")).await;
    let (second, third) = (watcher(&server, "two").await, watcher(&server, "three").await);
    let probe = || async {
        let told = outcomes(&server, false).await;
        let wrong = expected.iter().find(|(request, outcome)| told.get(*request) != Some(outcome));
        if told == expected { Ok(()) } else { Err(format!("{} of {}, such as {wrong:?}", told.len(), expected.len())) }
    };
    eventually_async("every run is as expected", within(150.secs()).every(500.millis()), probe).await;
    let (throttled, empty) = *layer.told.lock().unwrap();
    assert!(throttled > 10 && empty > 10, "throttled {throttled} times, {empty} pages without events");
    tokio::join!(second.stop(), third.stop());
    assert_eq!(outcomes(&server, true).await, expected);
}
