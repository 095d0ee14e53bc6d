//! rsyslog as the receiver: a separate process on a free loopback port that writes received lines to a file.

use std::{
    fmt::Write,
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Command, Stdio},
};

use tempfile::TempDir;
use testing::{ChildProcess, Span as _, eventually_blocking, within};

use super::certificates::Certificates;

pub struct Rsyslog {
    _process: ChildProcess,
    directory: TempDir,
    pub port: u16,
}

impl Rsyslog {
    pub fn plain() -> Self {
        Self::start(|port| {
            format!(
                r#"module(load="imptcp")
                input(type="imptcp" address="127.0.0.1" port="{port}" ruleset="keep"
                      supportOctetCountedFraming="off" maxFrameSize="1000000")"#
            )
        })
    }

    pub fn tls(certificates: &Certificates) -> Self {
        let path = |name| certificates.path(name).display().to_string();
        let (ca, certificate, key) = (path("ca.pem"), path("server.pem"), path("server.key"));
        Self::start(|port| {
            format!(
                r#"global(defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="{ca}"
                       defaultNetstreamDriverCertFile="{certificate}" defaultNetstreamDriverKeyFile="{key}")
                module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon"
                       maxFrameSize="1000000")
                input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="keep" supportOctetCountedFraming="off")"#
            )
        })
    }

    fn start(input: impl FnOnce(u16) -> String) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name| directory.path().join(name).display().to_string();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut config = format!(
            "global(workDirectory=\"{}\" maxMessageSize=\"1m\" parser.escapeControlCharactersOnReceive=\"off\")\n",
            directory.path().display()
        );
        config += &input(port);
        let _ = write!(
            config,
            r#"
            template(name="raw" type="string" string="%rawmsg%\n")
            ruleset(name="keep") {{ action(type="omfile" file="{}" template="raw") }}
            "#,
            at("kept")
        );
        fs::write(at("config"), config).unwrap();
        let mut command = Command::new("/usr/sbin/rsyslogd");
        command.args(["-n", "-f", &at("config"), "-i", &at("pid")]);
        command.stdout(Stdio::null()).stderr(fs::File::create(at("log")).unwrap());
        let rsyslog = Self { _process: ChildProcess::spawn("rsyslog", &mut command), directory, port };
        rsyslog.wait_until("it listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        rsyslog
    }

    /// The lines it wrote, once there are so many.
    pub fn lines(&self, expected: usize) -> Vec<String> {
        let kept = self.path("kept");
        let lines = || fs::read_to_string(&kept).unwrap_or_default();
        self.wait_until("all lines are written", || lines().lines().count() >= expected);
        lines().lines().map(str::to_owned).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        eventually_blocking(format!("rsyslog: {what}"), within(1.mins()), || {
            if holds() { Ok(()) } else { Err(fs::read_to_string(self.path("log")).unwrap_or_default()) }
        });
    }
}
