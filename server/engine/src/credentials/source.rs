//! Where credentials come from: a profile that was named, else the SDK's own chain.
//!
//! Each load starts from nothing, so that files, environment, processes and metadata are read as they are now.

use std::{error::Error as _, time::Duration};

use async_trait::async_trait;
use aws_config::{
    BehaviorVersion, Region, SdkConfig, profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError},
};
use aws_sdk_s3::config::SharedHttpClient;
use tokio::time::timeout;

use super::{
    Files, NoCredentials,
    explain::{explain, missing_profile},
    files::{Stamp, variable},
};

/// Time limit of a load; a process or a sign-in service may need a while.
const LOAD_WITHIN: Duration = Duration::from_secs(30);

#[async_trait]
pub(crate) trait Load: Send + Sync {
    async fn load(&self) -> Result<Credentials, NoCredentials>;

    /// Of the files that the credentials may come from.
    fn stamp(&self) -> Stamp;
}

pub(crate) struct Source {
    /// Name of the profile; `None` for the one that `AWS_PROFILE` names, or `default`.
    pub profile: Option<String>,
    pub region: Option<Region>,
    pub http: SharedHttpClient,
    pub files: Files,
}

#[async_trait]
impl Load for Source {
    async fn load(&self) -> Result<Credentials, NoCredentials> {
        let profile = self.profile.as_deref();
        if let Some(missing) = missing_profile(profile, &self.files).await {
            return Err(missing);
        }
        match timeout(LOAD_WITHIN, self.ask()).await {
            Ok(Ok(credentials)) => Ok(credentials),
            Ok(Err(error)) => Err(explain(profile, &self.files, &error).await),
            Err(_) => Err(NoCredentials(format!("their source did not answer within {} s", LOAD_WITHIN.as_secs()))),
        }
    }

    fn stamp(&self) -> Stamp {
        self.files.stamp()
    }
}

impl Source {
    /// A profile that was named goes before the environment, as in the AWS command line. Where a profile says whence its
    /// credentials come, no other source hides why they cannot be had.
    async fn ask(&self) -> Result<Credentials, CredentialsError> {
        if self.profile.is_some() || variable("AWS_ACCESS_KEY_ID").is_none() {
            let config =
                ProviderConfig::without_region().with_region(self.region.clone()).with_http_client(self.http.clone());
            let mut provider = ProfileFileCredentialsProvider::builder().configure(&config);
            if let Some(profile) = &self.profile {
                provider = provider.profile_name(profile);
            }
            match provider.build().provide_credentials().await {
                Err(error @ CredentialsError::CredentialsNotLoaded(_)) if error.source().is_none() => {}
                answer => return answer,
            }
        }
        let chain = self.chain().await;
        let none = || CredentialsError::not_loaded("the chain has no provider");
        chain.credentials_provider().ok_or_else(none)?.provide_credentials().await
    }

    async fn chain(&self) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(self.http.clone());
        if let Some(region) = &self.region {
            loader = loader.region(region.clone());
        }
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        loader.load().await
    }
}
