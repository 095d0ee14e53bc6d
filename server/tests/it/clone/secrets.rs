//! What a clone must not write into its log, however much is asked for.

use tempfile::TempDir;

use super::command::{clone, run, said, store};

const SECRET: &str = "hush-this-is-the-secret-key";
const TOKEN: &str = "hush-this-is-the-session-token";
/// Customer's keys, in base64, as files and headers hold them.
const KEYS: [&str; 2] =
    ["QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="];

#[tokio::test(flavor = "multi_thread")]
async fn most_detailed_log_holds_no_secret() {
    let (store, folder) = (store(3).await, TempDir::new().unwrap());
    for (name, key) in ["source.key", "destination.key"].into_iter().zip(KEYS) {
        std::fs::write(folder.path().join(name), key).unwrap();
    }
    let files = ["--source-customer-key-file", "source.key", "--destination-customer-key-file", "destination.key"];
    let mut command = clone(&store.url(), folder.path(), &files);
    command.env("RUST_LOG", "trace,aws_sigv4=trace,aws_smithy_runtime::client::orchestrator=trace");
    command.env("AWS_ACCESS_KEY_ID", "anyone").env("AWS_SECRET_ACCESS_KEY", SECRET).env("AWS_SESSION_TOKEN", TOKEN);
    let log = said(&run(command).await);
    assert!(log.contains("DEBUG") && log.contains("aws_"), "it is not detailed at all: {log}");
    for secret in [SECRET, TOKEN, KEYS[0], KEYS[1]] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
