//! `logyard runs import` records each run of exported logs once.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output},
};

use db::Db;
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::process::logyard;

const LOG: &str = "\
START RequestId: ID Version: $LATEST
2017-03-09T23:25:59.785Z\tID\tRetrieving ELK log file from S3 bucket/key specified in the initiating event. Bucket: [logs], Key: [KEY]
2017-03-09T23:27:35.003Z\tID
{
    \"lines\": {
        \"encountered\": 76464,
        \"parsed\": 76464,
        \"sent\": SENT
    }
}
END RequestId: ID
REPORT RequestId: ID\tDuration: 95227.56 ms\tBilled Duration: 95300 ms\tMemory Size: 192 MB\tMax Memory Used: 165 MB\t
";

fn run(number: u32, sent: u32) -> String {
    let id = format!("{number:08}-051f-11e7-8fbb-2b8356f39769");
    LOG.replace("ID", &id).replace("KEY", &format!("a/{number}.log")).replace("SENT", &sent.to_string())
}

/// A configuration with two pipelines, one of them shipped by a function.
fn import(folder: &Path, arguments: &[&str]) -> Output {
    let pipeline = |name: &str, more: &str| {
        format!("[[pipelines]]\nname = \"{name}\"\nsource = \"s3://logs/{name}/\"\nsink = \"stack\"\n{more}\n")
    };
    let config = format!(
        "[server]\ndata_dir = \"{}\"\n[[stores]]\nname = \"aws\"\nregion = \"eu-west-1\"\n[[sinks]]\nname = \"stack\"\nurl = \"tcp://127.0.0.1:9\"\n{}{}",
        folder.join("data").display(),
        pipeline("api", "log_group = \"/aws/lambda/api\"\nfunction_timeout = \"300s\""),
        pipeline("other", ""),
    );
    fs::write(folder.join("logyard.toml"), config).unwrap();
    let mut command: Command = logyard();
    command.current_dir(folder).args(["--config", "logyard.toml", "runs", "import"]).args(arguments);
    command.output().unwrap()
}

#[tokio::test]
async fn imported_export_makes_each_run_once() {
    let folder = TempDir::new().unwrap();
    let stream = folder.path().join("export/task/2017-03-09-[$LATEST]0a1b");
    fs::create_dir_all(&stream).unwrap();
    let mut gzip = GzEncoder::new(fs::File::create(stream.join("000000.gz")).unwrap(), Compression::fast());
    gzip.write_all((run(1, 76_464) + &run(2, 76_000)).as_bytes()).unwrap();
    gzip.finish().unwrap();
    fs::write(folder.path().join("export/aws-logs-write-test"), "Permission Check Successful").unwrap();

    let output = import(folder.path(), &["--json", "export"]);
    let (lines, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(0), "{said}");
    let runs: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(runs.len(), 2, "{lines}");
    assert_eq!((&runs[0]["outcome"], &runs[1]["outcome"]), (&"sent".into(), &"partial".into()));
    assert_eq!(runs[0]["summary"]["lines"]["encountered"], 76_464);
    assert_eq!(
        (&runs[0]["pipeline"], &runs[0]["key"], &runs[0]["source"]),
        (&"api".into(), &"a/1.log".into(), &"lambda".into())
    );
    assert!(said.contains("2 of them new or different in pipeline api"), "{said}");

    let again = String::from_utf8(import(folder.path(), &["export"]).stdout).unwrap();
    assert!(again.contains("464 of 76464 events were not sent"), "{again}");
    assert!(again.contains("0 of them new or different") && again.contains("1 sent, 1 partial"), "{again}");
    let db = Db::open(&format!("sqlite:{}", folder.path().join("data/logyard.db").display())).await.unwrap();
    let kept = db.runs(&model::RunFilter::default(), None, 10).await.unwrap();
    assert_eq!(kept.items.len(), 2);
}

#[test]
fn unreadable_export_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("good.log"), run(1, 76_464)).unwrap();
    fs::write(folder.path().join("bad.json"), "{}\nnonsense").unwrap();
    let said = |arguments: &[&str]| {
        let output = import(folder.path(), arguments);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (exit, why) = said(&["bad.json", "good.log"]);
    assert_eq!(exit, Some(1));
    assert!(why.contains("bad.json: line 2: not JSON"), "{why}");
    let (exit, why) = said(&["good.log", "--pipeline", "nobody"]);
    assert_eq!(exit, Some(2));
    assert!(why.contains("there is no pipeline nobody: one of api, other"), "{why}");
    let (exit, why) = said(&["nowhere.log"]);
    assert_eq!(exit, Some(2));
    assert!(why.contains("nowhere.log cannot be read"), "{why}");
}
