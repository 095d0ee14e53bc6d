//! Objects that are positively not a load balancer's log, though they lie where its logs do: the test object that AWS
//! writes into every log bucket, folders, the logs of other services in a shared bucket, and reports of Logyard itself.
//!
//! Always: an object is foreign only by what it is, never by what it lacks. An unknown name is a log until its content
//! says otherwise.

use model::JobId;

/// Kinds of objects in a log bucket that are not logs of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Foreign {
    /// Written by AWS when access logs, connection logs or health check logs are switched on.
    TestObject,
    /// A marker without bytes whose key ends with a slash.
    Folder,
    CloudTrail,
    VpcFlow,
    VpcDnsQuery,
    Config,
    GuardDuty,
    Waf,
    NetworkFirewall,
    CloudFront,
    S3Access,
    /// The completion report of a clone.
    Report,
}

/// The folder of a service below that of an account: `AWSLogs/<account>/<folder>/`.
const FOLDERS: [(&str, Foreign); 10] = [
    ("CloudTrail", Foreign::CloudTrail),
    ("CloudTrail-Digest", Foreign::CloudTrail),
    ("CloudTrail-Insight", Foreign::CloudTrail),
    ("vpcflowlogs", Foreign::VpcFlow),
    ("vpcdnsquerylogs", Foreign::VpcDnsQuery),
    ("Config", Foreign::Config),
    ("GuardDuty", Foreign::GuardDuty),
    ("WAFLogs", Foreign::Waf),
    ("network-firewall", Foreign::NetworkFirewall),
    ("CloudFront", Foreign::CloudFront),
];

impl Foreign {
    /// Judges by key and size; `None` if nothing says that it is not a load balancer's log.
    pub fn of_key(key: &str, size: u64) -> Option<Self> {
        if size == 0 && key.ends_with('/') {
            return Some(Self::Folder);
        }
        let (folder, name) = key.rsplit_once('/').unwrap_or(("", key));
        if is_test_object(folder, name) {
            return Some(Self::TestObject);
        }
        if is_s3_access(name) {
            return Some(Self::S3Access);
        }
        if is_report(name) {
            return Some(Self::Report);
        }
        let service = service_folder(key)?;
        FOLDERS.iter().find(|(folder, _)| *folder == service).map(|(_, foreign)| *foreign)
    }

    /// Judges by the first record of an object, which is not a load balancer's.
    pub fn of_content(record: &[u8]) -> Option<Self> {
        // The test object says "Enable AccessLog for ELB: my-loadbalancer at 2014-02-15T17:00:00.000Z".
        if record.starts_with(b"Enable ") && memchr::memmem::find(record, b"Log for ELB: ").is_some() {
            return Some(Self::TestObject);
        }
        if record.starts_with(br#"{"Records":[{"eventVersion""#) || record.starts_with(br#"{"Records":[{"awsRegion""#) {
            return Some(Self::CloudTrail);
        }
        if record.starts_with(b"version account-id interface-id ") {
            return Some(Self::VpcFlow);
        }
        is_s3_access_record(record).then_some(Self::S3Access)
    }

    /// A noun phrase: `the test object of AWS`.
    pub fn describe(self) -> &'static str {
        match self {
            Self::TestObject => "the test object that AWS writes when logs are switched on",
            Self::Folder => "the marker of a folder",
            Self::CloudTrail => "a log of CloudTrail",
            Self::VpcFlow => "a VPC flow log",
            Self::VpcDnsQuery => "a log of VPC DNS queries",
            Self::Config => "a file of AWS Config",
            Self::GuardDuty => "a finding of GuardDuty",
            Self::Waf => "a log of AWS WAF",
            Self::NetworkFirewall => "a log of AWS Network Firewall",
            Self::CloudFront => "a log of CloudFront",
            Self::S3Access => "an S3 server access log",
            Self::Report => "the completion report of a clone",
        }
    }
}

/// `ELBAccessLogTestFile`, `ELBConnectionLogTestFile`, `ELBHealthCheckLogTestFile` in the folder of an account.
fn is_test_object(folder: &str, name: &str) -> bool {
    let account = folder.rsplit_once("AWSLogs/").map_or("", |(_, account)| account);
    let named = name.strip_prefix("ELB").and_then(|name| name.strip_suffix("LogTestFile")).is_some();
    named && !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit())
}

/// The folder below `AWSLogs/<account>/`, or below `AWSLogs/<organization>/<account>/`.
fn service_folder(key: &str) -> Option<&str> {
    let (before, below) = key.split_once("AWSLogs/")?;
    if !before.is_empty() && !before.ends_with('/') {
        return None;
    }
    let below = match below.split_once('/') {
        Some((organization, below)) if organization.starts_with("o-") => below,
        _ => below,
    };
    let (account, below) = below.split_once('/')?;
    let (service, _) = below.split_once('/')?;
    account.bytes().all(|byte| byte.is_ascii_digit()).then_some(service)
}

/// `2026-03-09-14-05-33-0123456789ABCDEF`.
fn is_s3_access(name: &str) -> bool {
    let shape = |(index, byte): (usize, u8)| match index {
        4 | 7 | 10 | 13 | 16 | 19 => byte == b'-',
        0..19 => byte.is_ascii_digit(),
        _ => byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte),
    };
    name.len() == 36 && name.bytes().enumerate().all(shape)
}

/// `clone-0198c0de-….ndjson.gz`.
fn is_report(name: &str) -> bool {
    let job = name.strip_prefix("clone-").and_then(|name| name.strip_suffix(".ndjson.gz"));
    job.is_some_and(|job| job.parse::<JobId>().is_ok())
}

/// The owner's canonical id, the bucket, and a time in brackets.
fn is_s3_access_record(record: &[u8]) -> bool {
    const OWNER: usize = 64;
    let Some((owner, rest)) = record.split_at_checked(OWNER) else { return false };
    let Some(bucket) = rest.strip_prefix(b" ") else { return false };
    let bucket = bucket.iter().take_while(|byte| **byte != b' ').count() + 1;
    owner.iter().all(u8::is_ascii_hexdigit) && rest.get(bucket..bucket + 2) == Some(b" [")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_keys_are_told_from_logs() {
        for (key, foreign) in [
            ("elb/AWSLogs/111122223333/ELBAccessLogTestFile", Foreign::TestObject),
            ("AWSLogs/111122223333/ELBAccessLogTestFile", Foreign::TestObject),
            ("AWSLogs/111122223333/ELBConnectionLogTestFile", Foreign::TestObject),
            (
                "AWSLogs/1/CloudTrail/us-east-1/2026/03/09/1_CloudTrail_us-east-1_20260309T1405Z_a.json.gz",
                Foreign::CloudTrail,
            ),
            ("x/AWSLogs/o-abc123/1/CloudTrail-Digest/us-east-1/2026/03/09/a.json.gz", Foreign::CloudTrail),
            (
                "AWSLogs/1/vpcflowlogs/us-east-1/2026/03/09/1_vpcflowlogs_us-east-1_fl-1_20260309T1405Z_a.log.gz",
                Foreign::VpcFlow,
            ),
            ("access/2026-03-09-14-05-33-0123456789ABCDEF", Foreign::S3Access),
            ("reports/clone-01a22dad-4234-7000-802f-a200975bc693.ndjson.gz", Foreign::Report),
        ] {
            assert_eq!(Foreign::of_key(key, 10), Some(foreign), "{key}");
        }
        assert_eq!(Foreign::of_key("elb/", 0), Some(Foreign::Folder));
        for key in [
            "elb/",
            "AWSLogs/1/elasticloadbalancing/us-east-1/2026/03/09/1_elasticloadbalancing_us-east-1_a_20260309T1405Z_1_b.log",
            "ELBAccessLogTestFile",
            "AWSLogs/1/CloudTrail",
            "AWSLogs/shop/Config/a.log",
            "myAWSLogs/1/Config/a.log",
            "2026-03-09-14-05-33-api.log",
            "clone-api.ndjson.gz",
            "custom.log",
        ] {
            assert_eq!(Foreign::of_key(key, 10), None, "{key}");
        }
    }

    #[test]
    fn foreign_content_is_told_from_records() {
        let access = format!("{} logs [06/Feb/2026:00:00:38 +0000] 192.0.2.3 - 3E57 REST.GET", "79a5".repeat(16));
        for (record, foreign) in [
            ("Enable AccessLog for ELB: my-lb at 2014-02-15T17:00:00.000Z", Some(Foreign::TestObject)),
            (r#"{"Records":[{"eventVersion":"1.08"}]}"#, Some(Foreign::CloudTrail)),
            ("version account-id interface-id srcaddr dstaddr", Some(Foreign::VpcFlow)),
            (&access, Some(Foreign::S3Access)),
            (r#"{"type":"http","time":"2026-03-09T14:00:00Z"}"#, None),
            ("#Version: 1.0", None),
            ("what is this", None),
        ] {
            assert_eq!(Foreign::of_content(record.as_bytes()), foreign, "{record}");
        }
    }
}
