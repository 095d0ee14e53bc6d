//! Strikes requests with troubles, by chance.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use embedded::Content;
use hyper::Method;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::time;

use super::{
    Trouble,
    town::{Town, content},
};
use crate::proxy::{Fate, Proxy, Seen};

/// Longer than any request may take.
const STALL: Duration = Duration::from_mins(6);

pub struct Chaos {
    town: Arc<Town>,
    troubles: Vec<Trouble>,
    /// Of a request to be struck by a trouble of full weight.
    chance: f64,
    calm: AtomicBool,
    random: Mutex<StdRng>,
    deletes: Mutex<Vec<Delete>>,
    /// The clock can be moved by one at a time.
    clock: Arc<tokio::sync::Mutex<()>>,
}

/// A request to delete at the destination, whatever became of it.
#[derive(Clone, Debug)]
pub struct Delete {
    pub key: String,
    /// Whether the source had that key when it came.
    pub at_source: bool,
}

impl Chaos {
    pub fn new(town: &Arc<Town>, troubles: &[Trouble], chance: f64, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            town: Arc::clone(town),
            troubles: troubles.to_vec(),
            chance,
            calm: AtomicBool::new(false),
            random: Mutex::new(StdRng::seed_from_u64(seed)),
            deletes: Mutex::default(),
            clock: Arc::default(),
        })
    }

    /// A store behind it, whose listings come in short pages.
    pub async fn before(self: &Arc<Self>, url: &str) -> Proxy {
        let chaos = Arc::clone(self);
        Proxy::with_pages_of(7, url, move |request| {
            let chaos = Arc::clone(&chaos);
            async move { chaos.fate(request).await }
        })
        .await
    }

    /// From here on all goes well.
    pub fn ends(&self) {
        self.calm.store(true, Relaxed);
    }

    /// Those of all rounds.
    pub fn deletes(&self) -> Vec<Delete> {
        self.deletes.lock().unwrap().clone()
    }

    async fn fate(&self, request: Seen) -> Fate {
        if request.method == Method::DELETE && !request.target.contains("uploadId=") {
            let key = asked(&request);
            let at_source = self.town.here.read("source", &key).await.unwrap().is_some();
            self.deletes.lock().unwrap().push(Delete { key, at_source });
        }
        let Some(trouble) = self.strikes(&request) else { return Fate::Forward };
        match trouble {
            Trouble::Stall => self.stall().await,
            Trouble::Vanishing => {
                let key = self.key(&request).await;
                self.town.here.delete("source", &key).unwrap();
            }
            Trouble::Changing => {
                let key = self.key(&request).await;
                let new = content(&mut self.random.lock().unwrap());
                // Other bytes for sure: whoever writes the same anew, with other tags, is not noticed.
                let body = format!("{key} {:x}", self.random.lock().unwrap().random::<u64>()).into();
                let new = Content { body, ..new };
                self.town.replace(&key, new).await;
            }
            _ => {}
        }
        if trouble == Trouble::Stall { Fate::Hang } else { trouble.fate(&request, &mut self.random.lock().unwrap()) }
    }

    fn strikes(&self, request: &Seen) -> Option<Trouble> {
        if self.calm.load(Relaxed) {
            return None;
        }
        let mut random = self.random.lock().unwrap();
        let trouble = self.troubles[random.random_range(0..self.troubles.len())];
        (trouble.befalls(request) && random.random_bool(self.chance * trouble.weight())).then_some(trouble)
    }

    /// The key that is asked for, or any other.
    async fn key(&self, request: &Seen) -> String {
        let keys = self.town.keys().await;
        let asked = asked(request);
        let mut random = self.random.lock().unwrap();
        if keys.contains(&asked) && random.random_bool(0.5) {
            return asked;
        }
        keys[random.random_range(0..keys.len())].clone()
    }

    /// Lets so much time pass that whoever waits for an answer gives up. In a task of its own: the request is one of
    /// those given up, and the clock must go on.
    async fn stall(&self) {
        let clock = Arc::clone(&self.clock);
        let stalled = tokio::spawn(async move {
            let _one = clock.lock().await;
            time::pause();
            time::advance(STALL).await;
            time::resume();
        });
        stalled.await.unwrap();
    }
}

/// The key in a request's path.
fn asked(request: &Seen) -> String {
    let path = request.target.split('?').next().unwrap();
    let asked = path.splitn(3, '/').nth(2).unwrap_or_default();
    percent_encoding::percent_decode_str(asked).decode_utf8().unwrap().into_owned()
}
