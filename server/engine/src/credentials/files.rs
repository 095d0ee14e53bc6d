//! The shared files of the AWS tools: where they are, whether they have changed, and what they say about a profile.

use std::{env, fs, path::PathBuf, time::SystemTime};

use aws_config::profile::{ProfileFileLoadError, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

/// `~/.aws/credentials` and `~/.aws/config`, or what the environment names instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    pub credentials: PathBuf,
    pub config: PathBuf,
}

/// Two stamps differ if a file was written or replaced between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp([Option<(SystemTime, u64, u64)>; 2]);

impl Files {
    pub fn of_environment() -> Self {
        let home = variable("HOME").or_else(|| variable("USERPROFILE")).map(PathBuf::from).unwrap_or_default();
        let file = |name, default| match variable(name) {
            Some(path) => path.strip_prefix("~/").map_or_else(|| PathBuf::from(&path), |path| home.join(path)),
            None => home.join(".aws").join(default),
        };
        Self {
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            config: file("AWS_CONFIG_FILE", "config"),
        }
    }

    pub fn stamp(&self) -> Stamp {
        Stamp([&self.credentials, &self.config].map(|file| {
            let metadata = fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len(), inode(&metadata)))
        }))
    }

    pub fn exist(&self) -> bool {
        self.credentials.is_file() || self.config.is_file()
    }
}

/// A file replaced within the resolution of its time has another number.
#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}

/// The profiles of both files as they are now.
pub(super) async fn profiles() -> Result<ProfileSet, ProfileFileLoadError> {
    aws_config::profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), None).await
}

/// A setting of a profile; without a name of the profile in use.
pub(crate) async fn profile_setting(profile: Option<&str>, key: &str) -> Option<String> {
    let profiles = profiles().await.ok()?;
    let profile = profiles.get_profile(profile.unwrap_or(profiles.selected_profile()))?;
    profile.get(key).map(str::to_owned)
}

pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
