//! moto: S3, SQS, SNS and CloudWatch Logs that share no code with Logyard, spoken to by boto3. `.ci/setup test` installs both.

use std::{
    io::{BufRead, BufReader, sink},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// On a port of its own. Killed when dropped.
pub struct Moto {
    pub url: String,
    process: Child,
}

/// What every script begins with.
const CLIENTS: &str = "
import boto3, json, sys
def client(service):
    return boto3.client(service, endpoint_url=sys.argv[1], region_name='us-east-1',
                        aws_access_key_id='other', aws_secret_access_key='other')
s3, sqs, sns, logs = client('s3'), client('sqs'), client('sns'), client('logs')
";

impl Moto {
    pub fn start() -> Self {
        let mut process = Command::new(installed("moto_server"))
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`.ci/setup test` installs moto");
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let url = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "moto ended before it listened");
            if let Some((_, address)) = line.split_once("Running on http://") {
                break format!("http://{}", address.split_whitespace().next().unwrap());
            }
        };
        // Read on, or it would stand still with a full pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut sink()));
        Self { url, process }
    }

    /// Runs Python with the clients `s3`, `sqs`, `sns` and `logs`; what it printed.
    pub async fn python(&self, script: &str) -> String {
        let python = tokio::process::Command::new(installed("python"))
            .args(["-c", &format!("{CLIENTS}{script}"), &self.url])
            .output();
        let output = python.await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn installed(program: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/logyard/venv/bin").join(program)
}
