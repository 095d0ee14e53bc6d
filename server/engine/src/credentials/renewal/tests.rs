use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use async_trait::async_trait;
use aws_smithy_types::error::ErrorMetadata;
use tokio::time::advance;

use super::{
    super::{Files, files::Stamp},
    *,
};

/// A source that hands out `key-1`, `key-2`, … and whose file a test rewrites.
struct Fake {
    file: tempfile::NamedTempFile,
    loads: AtomicU64,
    fails: AtomicBool,
    lifetime: Option<Duration>,
}

#[async_trait]
impl Load for Arc<Fake> {
    async fn load(&self) -> Result<Credentials, NoCredentials> {
        let number = self.loads.fetch_add(1, Relaxed) + 1;
        tokio::task::yield_now().await;
        if self.fails.load(Relaxed) {
            return Err(NoCredentials(format!("no {number}")));
        }
        let expiry = self.lifetime.map(|lifetime| SystemTime::now() + lifetime);
        Ok(Credentials::new(format!("key-{number}"), "secret", None, expiry, "test"))
    }

    fn stamp(&self) -> Stamp {
        Files { credentials: self.file.path().to_owned(), config: "/no/such/file".into() }.stamp()
    }
}

fn source(lifetime: Option<Duration>) -> (Arc<Fake>, Renewal) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let fake = Arc::new(Fake { file, loads: AtomicU64::new(0), fails: AtomicBool::new(false), lifetime });
    (Arc::clone(&fake), Renewal::of(fake))
}

async fn key(renewal: &Renewal) -> Result<String, String> {
    let credentials = renewal.provide_credentials().await;
    credentials
        .map(|credentials| credentials.access_key_id().to_owned())
        .map_err(|error| std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default())
}

impl Fake {
    fn rewrite(&self, text: &str) {
        std::fs::write(self.file.path(), text).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn rewritten_file_is_read_within_a_second() {
    let (fake, renewal) = source(None);
    assert_eq!(key(&renewal).await.unwrap(), "key-1");
    fake.rewrite("a");
    assert_eq!(key(&renewal).await.unwrap(), "key-1");
    advance(LOOK_EVERY).await;
    assert_eq!(key(&renewal).await.unwrap(), "key-2");
    advance(LOOK_EVERY * 60).await;
    assert_eq!(key(&renewal).await.unwrap(), "key-2");
}

#[tokio::test(start_paused = true)]
async fn requests_refused_together_load_once() {
    let (fake, renewal) = source(None);
    key(&renewal).await.unwrap();
    let loads = renewal.loads();
    let refused = (0..50).map(|_| renewal.renew(loads));
    assert!(futures::future::join_all(refused).await.into_iter().all(|again| again));
    assert_eq!((key(&renewal).await.unwrap().as_str(), fake.loads.load(Relaxed)), ("key-2", 2));
}

/// Another request has loaded, and then the key was rotated again.
#[tokio::test(start_paused = true)]
async fn refusal_after_two_rotations_reads_the_file() {
    let (fake, renewal) = source(None);
    key(&renewal).await.unwrap();
    let loads = renewal.loads();
    assert!(renewal.renew(loads).await);
    fake.rewrite("a");
    assert!(renewal.renew(loads).await);
    assert_eq!(key(&renewal).await.unwrap(), "key-3");
}

/// A request that is refused with credentials that another has replaced meanwhile may be sent again.
#[tokio::test(start_paused = true)]
async fn replaced_credentials_differ_from_refused_ones() {
    let (_fake, renewal) = source(None);
    let never = renewal.loads();
    key(&renewal).await.unwrap();
    let first = renewal.loads();
    assert!(!renewal.differ(never) && !renewal.differ(first));
    assert!(renewal.renew(first).await);
    assert!(renewal.differ(never) && renewal.differ(first) && !renewal.differ(renewal.loads()));
}

#[tokio::test(start_paused = true)]
async fn unclear_refusal_loads_only_a_changed_file() {
    let (fake, renewal) = source(None);
    key(&renewal).await.unwrap();
    let loads = renewal.loads();
    assert!(!renewal.renew_if_changed(loads).await);
    fake.rewrite("a");
    assert!(renewal.renew_if_changed(loads).await);
    assert!(renewal.renew_if_changed(loads).await, "another request of the same time");
    assert!(!renewal.renew_if_changed(renewal.loads()).await);
    assert_eq!(fake.loads.load(Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn expiring_credentials_are_loaded_again() {
    let (fake, renewal) = source(Some(Duration::ZERO));
    key(&renewal).await.unwrap();
    assert_eq!(key(&renewal).await.unwrap(), "key-1");
    advance(LOOK_EVERY).await;
    assert_eq!((key(&renewal).await.unwrap().as_str(), fake.loads.load(Relaxed)), ("key-2", 2));
}

#[tokio::test(start_paused = true)]
async fn failed_reload_leaves_credentials_in_use() {
    let (fake, renewal) = source(None);
    key(&renewal).await.unwrap();
    fake.fails.store(true, Relaxed);
    fake.rewrite("half");
    advance(LOOK_EVERY).await;
    assert_eq!(key(&renewal).await.unwrap(), "key-1");
    fake.fails.store(false, Relaxed);
    advance(LOOK_EVERY).await;
    assert_eq!(key(&renewal).await.unwrap(), "key-3");
}

#[tokio::test(start_paused = true)]
async fn missing_credentials_are_not_asked_for_again_at_once() {
    let (fake, renewal) = source(None);
    fake.fails.store(true, Relaxed);
    let asked = futures::future::join_all((0..50).map(|_| key(&renewal))).await;
    assert!(asked.into_iter().all(|answer| answer.unwrap_err() == "no 1"));
    assert_eq!(fake.loads.load(Relaxed), 1);
    advance(LOOK_EVERY).await;
    assert_eq!(key(&renewal).await.unwrap_err(), "no 2");
}

#[test]
fn expiry_decides_when_to_load_again() {
    let now = SystemTime::now();
    let due_of = |lifetime: u64| {
        let expiry = Some(now + Duration::from_secs(lifetime));
        due(&Credentials::new("k", "s", None, expiry, "test"), now).duration_since(now).unwrap().as_secs()
    };
    assert_eq!((due_of(3_600), due_of(40), due_of(0)), (3_540, 30, 0));
}

#[tokio::test(start_paused = true)]
async fn refused_request_is_sent_once_more() {
    let (fake, renewal) = source(None);
    let request = |accepted: &'static str| {
        let renewal = renewal.clone();
        move || {
            let renewal = renewal.clone();
            async move {
                if key(&renewal).await.unwrap() == accepted {
                    return Ok(accepted);
                }
                let refusal = ErrorMetadata::builder().code("ExpiredTokenException").build();
                Err(SdkError::service_error(refusal, ()))
            }
        }
    };
    assert_eq!(renewal.send(request("key-2")).await.unwrap(), "key-2");
    assert!(renewal.send(request("key-9")).await.is_err());
    assert_eq!(key(&renewal).await.unwrap(), "key-3");
    assert_eq!(fake.loads.load(Relaxed), 3, "one load for each refused request");
}
