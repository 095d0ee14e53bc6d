use clap::Parser;

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: CloneArgs,
}

async fn read(line: &str) -> Result<Order, String> {
    let words = std::iter::once("clone").chain(line.split(' '));
    Order::read(Command::try_parse_from(words).map_err(|error| error.to_string())?.args, None).await
}

#[tokio::test]
async fn a_line_is_read_into_a_clone() {
    let order = read("s3://aaa/x/ s3://bbb --endpoint-url http://h:1 --mode verify --concurrency 9").await.unwrap();
    assert_eq!(order.spec.source.url(), "s3://aaa/x/");
    assert_eq!(order.spec.mode, Mode::Verify);
    assert_eq!(order.options.concurrency, 9);
    assert_eq!(order.options.multipart_threshold, Threshold::default());
    assert_eq!(order.urls(), [Some("http://h:1".to_owned()), Some("http://h:1".to_owned())]);
    assert!(!order.keep_state);
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let wrong = |line| async move { read(line).await.err().expect("must be refused") };
    assert!(wrong("s3://aaa s3://bbb --endpoint-url h:1").await.contains("http://"));
    assert!(wrong("s3:///x s3://bbb").await.contains("bucket"));
    assert!(wrong("aaa s3://bbb").await.contains("s3://aaa"));
    assert!(wrong("s3://aaa s3://bbb --include a[").await.contains("--include"));
    assert!(wrong("s3://aaa s3://bbb --exclude a[").await.contains("closed with ]"));
    assert!(wrong("s3://aaa s3://bbb --newer-than yesterday").await.contains("36h"));
    assert!(wrong("s3://aaa s3://bbb --older-than soon").await.contains("--older-than"));
    assert!(wrong("s3://aaa s3://bbb --newer-than 1d --older-than 2d").await.contains("later than newer_than"));
    assert!(wrong("s3://aaa s3://bbb --min-size 5MB --max-size 5kB").await.contains("at least min_size, 5MB"));
    assert!(wrong("s3://aaa s3://bbb --bandwidth-hours noon").await.contains("08:00-18:00 10MB"));
    assert!(wrong("s3://aaa s3://bbb --bandwidth-zone UTC").await.contains("--bandwidth-hours"));
    assert!(wrong("s3://aaa s3://bbb --max-failures few").await.contains("--max-failures"));
    assert!(wrong("s3://aaa s3://bbb --min-size big").await.contains("such as 50MB"));
    assert!(wrong("s3://aaa s3://bbb --of-class cold").await.contains("STANDARD_IA"));
    assert!(wrong("s3://aaa s3://bbb --max-rps 0").await.contains("--max-rps"));
    let rate = wrong("s3://aaa s3://bbb --max-bandwidth fast").await;
    assert!(rate.contains("--max-bandwidth") && rate.contains("'fast'") && rate.contains("50MB"), "{rate}");
    assert!(wrong("s3://aaa s3://bbb --concurrency 0").await.contains("1..=1024"));
    let threshold = wrong("s3://aaa s3://bbb --multipart-threshold 6GiB").await;
    assert!(threshold.contains("6GiB") && threshold.contains("from 5MiB to 5GiB"), "{threshold}");
}

#[tokio::test]
async fn the_command_to_go_on_is_the_same_clone() {
    let line = "s3://aaa s3://bbb --source-endpoint-url http://h:1 --name one --max-failures 7 --no-verify \
                --max-bandwidth 50MB --multipart-threshold 8MiB";
    let order = read(line).await.unwrap();
    let again = order.resume_command();
    assert!(again.contains(" --max-bandwidth 50MB --multipart-threshold 8MiB --resume "), "{again}");
    assert!(again.starts_with(
        "logyard clone s3://aaa s3://bbb --source-endpoint-url http://h:1 --name one --max-failures 7 --no-verify"
    ));
    assert!(again.ends_with(&format!("--resume {}", order.state.display())), "{again}");
}

#[tokio::test]
async fn the_command_to_go_on_is_about_the_same_objects_however_long_later() {
    let line = "s3://aaa s3://bbb --include **/*.gz --include -x --exclude a$b --newer-than 36h --older-than 1h \
                --min-size 1kB --max-size 5000000 --of-class GLACIER_IR --of-class STANDARD --max-rps 9";
    let order = read(line).await.unwrap();
    let since = order.spec.selection.newer_than.unwrap();
    let until = order.spec.selection.older_than.unwrap();
    let said = format!(
        " --include '**/*.gz' --include -x --exclude 'a$b' --newer-than {since} --older-than {until} --min-size 1kB \
         --max-size 5MB --of-class GLACIER_IR --of-class STANDARD --max-rps 9 --resume "
    );
    assert!(order.resume_command().contains(&said), "{}", order.resume_command());
}

#[tokio::test]
async fn what_copies_keep_and_get_is_read_and_said_again_to_go_on() {
    let line = "s3://aaa s3://bbb --sse aws:kms --sse-kms-key-id alias/k --acl copy --object-lock copy \
                --website-redirects --compare metadata --unreadable-tags warn --requester-pays";
    let order = read(line).await.unwrap();
    assert!(order.source.requester_pays && order.destination.requester_pays);
    assert_eq!(order.spec.fidelity.acl, Some(model::Acl::Copy));
    let (_, options) = line.split_once("s3://bbb").unwrap();
    assert!(order.resume_command().contains(options), "{}", order.resume_command());
    let wrong = |line| async move { read(line).await.err().expect("must be refused") };
    assert!(wrong("s3://aaa s3://bbb --sse rot13").await.contains("aws:kms"));
    assert!(wrong("s3://aaa s3://bbb --sse AES256 --sse-kms-key-id k").await.contains("aws:kms"));
    assert!(wrong("s3://aaa s3://bbb --acl public").await.contains("bucket-owner-full-control"));
    assert!(wrong("s3://aaa s3://bbb --source-customer-key-file /no/such").await.contains("/no/such"));
}

#[tokio::test]
async fn each_clone_has_a_state_file_of_its_own() {
    let one = read("s3://aaa/x s3://bbb").await.unwrap().state;
    let other = read("s3://aaa/y s3://bbb").await.unwrap().state;
    assert_ne!(one, other);
    assert!(one.to_str().unwrap().starts_with("clone-aaa-bbb-"));
}
