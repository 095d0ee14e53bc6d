//! The event stream itself: opened once a tab, reopened after the browser gave up or the page came back from its cache.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::{ev, prelude::*};
use model::LiveMessage;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{EventSource, MessageEvent};

use super::Live;

const URL: &str = "/api/v1/events";

/// How often ages are told anew, and a closed stream is looked after.
const TICK: Duration = Duration::from_millis(500);

/// A stream the browser closed for good is opened again after so many ticks.
const REOPEN_TICKS: u32 = 6;

struct Stream {
    live: Live,
    source: Option<EventSource>,
    closed_ticks: u32,
}

/// Opens the stream. Runs in an effect, so in the browser only, once a tab.
pub(super) fn open(live: Live) {
    let stream = Rc::new(RefCell::new(Stream { live, source: None, closed_ticks: 0 }));
    stream.borrow_mut().connect();

    let ticking = Rc::clone(&stream);
    set_interval(
        move || {
            live.tick(local_ms());
            ticking.borrow_mut().look_after();
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
        listen(source, "snapshot", self.live, LiveMessage::Snapshot);
        listen(source, "job", self.live, |job| LiveMessage::Job(Box::new(job)));
        listen(source, "beat", self.live, LiveMessage::Beat);
    }

    fn disconnect(&mut self) {
        if let Some(source) = self.source.take() {
            source.close();
        }
    }

    /// The browser reconnects by itself after a broken line, but not after an answer such as 503 during a restart.
    fn look_after(&mut self) {
        let closed = self.source.as_ref().is_some_and(|source| source.ready_state() == EventSource::CLOSED);
        self.closed_ticks = if closed { self.closed_ticks + 1 } else { 0 };
        if self.closed_ticks >= REOPEN_TICKS {
            self.connect();
        }
    }
}

/// Messages that cannot be read are left out: a server of another version must not break the page.
fn listen<T: DeserializeOwned + 'static>(
    source: &EventSource,
    name: &str,
    live: Live,
    message: impl Fn(T) -> LiveMessage + 'static,
) {
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let data = event.data().as_string().unwrap_or_default();
        if let Ok(content) = serde_json::from_str(&data) {
            live.hear(message(content), local_ms());
        }
    });
    let _ = source.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
    heard.forget(); // lives as long as the tab, and a stream is opened anew only when the old one is gone
}

/// Milliseconds of a clock that no one sets.
fn local_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
