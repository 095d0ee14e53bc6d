use std::{future::pending, panic::AssertUnwindSafe, sync::mpsc};

use super::*;

/// The message of the panic that a future ends with.
async fn panic_of(future: impl Future<Output = ()> + Send + 'static) -> String {
    let error = tokio::spawn(future).await.expect_err("it panics");
    *error.into_panic().downcast::<String>().expect("a message")
}

#[tokio::test(start_paused = true)]
async fn value_is_returned_once_it_arrives() {
    let mut probes = 0;
    let value = eventually("three probes", within(1.secs()), || {
        probes += 1;
        seen(probes, |probes| *probes == 3)
    });
    assert_eq!(value.await, 3);
}

#[tokio::test(start_paused = true)]
async fn failed_wait_names_condition_and_last_value() {
    let message =
        panic_of(async { eventually("the end", within(5.secs()), || Err::<(), _>("the middle")).await }).await;
    assert!(message.starts_with("never within 5s: the end; last seen: \"the middle\" ("), "{message}");
    assert!(message.contains("eventually/tests.rs:"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn probe_that_never_answers_ends_at_deadline() {
    let message = panic_of(eventually_async("an answer", within(2.mins()), pending::<bool>)).await;
    assert!(message.contains("never within 120s: an answer; last seen: no answer"), "{message}");
}

#[test]
fn blocking_wait_ends_when_another_thread_acts() {
    let (sender, receiver) = mpsc::channel();
    let acting = thread::spawn(move || sender.send(7));
    let value = eventually_blocking("a message", within(10.secs()), || receiver.try_recv().ok());
    assert_eq!(value, 7);
    acting.join().expect("it ends").expect("it is received");
    let missed = AssertUnwindSafe(|| eventually_blocking("another", within(10.millis()), || receiver.try_recv().ok()));
    assert!(std::panic::catch_unwind(missed).is_err());
}
