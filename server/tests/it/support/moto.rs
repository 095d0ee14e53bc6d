//! moto, driven by boto3: S3, SQS, SNS and CloudWatch Logs, none of it code of ours. `.ci/setup test` installs both.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use testing::{ChildProcess, Span as _};

/// A moto server on a port of its own. Killed when dropped.
pub struct Moto {
    pub url: String,
    _process: ChildProcess,
}

/// First lines of every script.
const CLIENTS: &str = "
import boto3, json, sys
def client(service):
    return boto3.client(service, endpoint_url=sys.argv[1], region_name='us-east-1',
                        aws_access_key_id='other', aws_secret_access_key='other')
s3, sqs, sns, logs = client('s3'), client('sqs'), client('sns'), client('logs')
";

impl Moto {
    pub fn start() -> Self {
        let mut command = Command::new(installed("moto_server"));
        command.args(["-H", "127.0.0.1", "-p", "0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = ChildProcess::spawn("moto", &mut command);
        let url = process.line("its address", 1.mins(), |line| {
            let (_, address) = line.split_once("Running on http://")?;
            Some(format!("http://{}", address.split_whitespace().next()?))
        });
        Self { url, _process: process }
    }

    /// Runs Python with the clients `s3`, `sqs`, `sns` and `logs`; returns its output.
    pub async fn python(&self, script: &str) -> String {
        let python = tokio::process::Command::new(installed("python"))
            .args(["-c", &format!("{CLIENTS}{script}"), &self.url])
            .output();
        let output = python.await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

fn installed(program: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/logyard/venv/bin").join(program)
}
