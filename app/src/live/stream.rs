//! The event stream: one connection for each tab, reopened if the browser gave up or restored the page from its cache.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::{ev, prelude::*};
use model::{Beat, JobId, SyncChange};
use serde::{Deserialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{EventSource, MessageEvent};

use super::{refresh::Refresh, state::Live};

const URL: &str = "/api/v1/events";

/// Interval for updating ages and checking the connection.
const TICK: Duration = Duration::from_millis(500);

/// Ticks after which a stream that the browser closed is reopened.
const REOPEN_TICKS: u32 = 6;

/// The part of a job event that decides whether the page must refresh.
#[derive(Deserialize)]
struct Changed {
    id: JobId,
}

struct Stream {
    live: Live,
    page: Rc<Refresh>,
    source: Option<EventSource>,
    closed_ticks: u32,
}

/// Opens the stream. Runs in an effect, so only in the browser, once for each page.
pub(super) fn open(live: Live) {
    let page = Rc::new(Refresh::default());
    let stream = Rc::new(RefCell::new(Stream { live, page: Rc::clone(&page), source: None, closed_ticks: 0 }));
    stream.borrow_mut().connect();

    let ticking = Rc::clone(&stream);
    set_interval(
        move || {
            live.tick();
            page.tick();
            ticking.borrow_mut().reopen_if_closed();
        },
        TICK,
    );

    // A page in the back/forward cache must hold no connection, and needs a new one when it comes back.
    let leaving = Rc::clone(&stream);
    window_event_listener(ev::Custom::new("pagehide"), move |_: web_sys::Event| leaving.borrow_mut().disconnect());
    window_event_listener(ev::Custom::new("pageshow"), move |_: web_sys::Event| {
        let mut stream = stream.borrow_mut();
        if stream.source.is_none() {
            stream.connect();
        }
    });
}

impl Stream {
    fn connect(&mut self) {
        self.closed_ticks = 0;
        self.source = EventSource::new(URL).ok();
        let Some(source) = &self.source else { return };
        let (live, page) = (self.live, Rc::clone(&self.page));
        // Something may have changed between rendering and connecting, or while the connection was lost.
        listen(source, "snapshot", move |beat: Beat| {
            live.heartbeat(beat);
            page.want();
        });
        listen(source, "beat", move |beat: Beat| live.heartbeat(beat));
        let page = Rc::clone(&self.page);
        listen(source, "job", move |job: Changed| page.want_if_about(job.id));
        let page = Rc::clone(&self.page);
        listen(source, "sync", move |_: SyncChange| page.want_if_about_syncs());
    }

    fn disconnect(&mut self) {
        if let Some(source) = self.source.take() {
            source.close();
        }
    }

    /// Reopens a closed stream. Browsers reconnect after a broken connection, but not after an answer such as 503.
    fn reopen_if_closed(&mut self) {
        let closed = self.source.as_ref().is_some_and(|source| source.ready_state() == EventSource::CLOSED);
        self.closed_ticks = if closed { self.closed_ticks + 1 } else { 0 };
        if self.closed_ticks >= REOPEN_TICKS {
            self.connect();
        }
    }
}

/// Handles messages of one name. Unreadable messages are ignored: a server of another version must not break the page.
fn listen<T: DeserializeOwned + 'static>(source: &EventSource, name: &str, handle: impl Fn(T) + 'static) {
    let handler = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let data = event.data().as_string().unwrap_or_default();
        if let Ok(content) = serde_json::from_str(&data) {
            handle(content);
        }
    });
    let _ = source.add_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
    handler.forget(); // lives as long as the page; a new stream is opened only after the old one is gone
}
