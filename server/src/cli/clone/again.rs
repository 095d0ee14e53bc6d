//! The command that resumes a stopped clone, to be copied from the terminal.
//!
//! Always: it contains every option that differs from a default, so that it resumes the same clone. A relative time is
//! written as an absolute one.

use app::command::{kept, limited, only};
use engine::s3::Threshold;
use model::Mode;

use super::arguments::Order;

impl Order {
    /// The command that resumes the clone.
    pub fn resume_command(&self) -> String {
        let quoted = |text: &str| {
            let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/:._-=@%+".contains(&b));
            if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
        };
        let mut words = vec!["logyard clone".to_owned()];
        words.extend(self.ends.words(self.config.as_ref(), quoted));
        words.extend(match self.spec.mode {
            Mode::Copy => None,
            Mode::Verify => Some("--mode verify".to_owned()),
            Mode::Mirror => Some("--mode mirror".to_owned()),
        });
        if self.spec.dry_run {
            words.push("--dry-run".to_owned());
        }
        words.extend(self.spec.name.as_ref().map(|name| format!("--name {}", quoted(name.as_str()))));
        let asked = only(&self.spec.selection) + &kept(&self.spec.fidelity) + &limited(&self.spec.limits);
        words.extend(Some(asked.trim_start().to_owned()).filter(|asked| !asked.is_empty()));
        words.extend(self.source.requester_pays.then(|| "--requester-pays".to_owned()));
        words.extend(self.keys.words(quoted));
        if !self.options.verify {
            words.push("--no-verify".to_owned());
        }
        words.extend(self.ceilings.requests_per_second.map(|most| format!("--max-rps {most}")));
        words.extend(self.ceilings.bytes_per_second.map(|most| format!("--max-bandwidth {most}")));
        if self.options.multipart_threshold != Threshold::default() {
            words.push(format!("--multipart-threshold {}", self.options.multipart_threshold));
        }
        words.extend(self.report_file.iter().map(|file| format!("--report {}", quoted(&file.display().to_string()))));
        words.push(format!("--resume {}", quoted(&self.state.display().to_string())));
        words.join(" ")
    }
}
