//! Why there are no credentials, in the words of their source: which profile, and the command that helps.

use std::{error::Error, io, iter::successors};

use aws_config::profile::{Profile, ProfileSet};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_types::error::ErrorMetadata;

use super::{
    Files, NoCredentials,
    files::{profiles, variable},
};

/// Longest chain of `source_profile`s that is followed.
const CHAIN: usize = 8;

/// Phrases in the SDK's errors that mean that nobody is signed in.
const SIGNED_OUT: [&str; 4] =
    ["cached SSO token", "SSO token has expired", "UnauthorizedException", "token refresh failed"];

/// The error for a profile that was named and does not exist; the SDK would go on to other sources and hide it.
pub(super) async fn missing_profile(named: Option<&str>, files: &Files) -> Option<NoCredentials> {
    let selected = variable("AWS_PROFILE").filter(|_| variable("AWS_ACCESS_KEY_ID").is_none());
    let name = named.map(str::to_owned).or(selected)?;
    let profiles = match profiles().await {
        Ok(profiles) => profiles,
        Err(error) => return Some(NoCredentials(format!("{error}: {}", innermost(&error)))),
    };
    if profiles.get_profile(&name).is_some() {
        return None;
    }
    let (config, credentials) = (files.config.display(), files.credentials.display());
    let nearest = profiles.profiles().max_by(|a, b| {
        let likeness = |known| strsim::jaro_winkler(known, &name);
        likeness(a).total_cmp(&likeness(b))
    });
    let known =
        nearest.map_or_else(|| "; they name none".to_owned(), |nearest| format!("; the nearest is {nearest:?}"));
    Some(NoCredentials(format!("profile {name:?} is neither in {config} nor in {credentials}{known}")))
}

pub(super) async fn explain(named: Option<&str>, files: &Files, error: &CredentialsError) -> NoCredentials {
    let why = words(error);
    let Ok(profiles) = profiles().await else { return NoCredentials(why) };
    let name = named.unwrap_or(profiles.selected_profile()).to_owned();
    NoCredentials(match profiles.get_profile(&name) {
        Some(profile) => {
            of_profile(&profiles, profile, error, &why).unwrap_or_else(|| of_chain(&name, files, error, why))
        }
        None => of_chain(&name, files, error, why),
    })
}

/// Explains the error by the profile's settings; `None` if the profile has no settings about credentials.
fn of_profile(profiles: &ProfileSet, profile: &Profile, error: &CredentialsError, why: &str) -> Option<String> {
    let sources = successors(Some(profile), |profile| {
        profile.get("source_profile").filter(|next| *next != profile.name()).and_then(|next| profiles.get_profile(next))
    });
    let sources: Vec<_> = sources.take(CHAIN).collect();
    let signs_in =
        sources.iter().find(|profile| ["sso_session", "sso_start_url"].iter().any(|key| profile.get(key).is_some()));
    if let Some(profile) = signs_in {
        let name = profile.name();
        // Signing in leaves a file, which is missing before the first time.
        let never =
            innermost(error).downcast_ref::<io::Error>().is_some_and(|why| why.kind() == io::ErrorKind::NotFound);
        if never || chain(error).any(|error| SIGNED_OUT.iter().any(|words| error.to_string().contains(words))) {
            return Some(format!(
                "profile {name:?} signs in by SSO, and is not signed in: run `aws sso login --profile {name}` ({why})"
            ));
        }
        if profile.name() == sources[0].name() {
            return Some(format!("SSO of profile {name:?}: {why}"));
        }
    }
    if let Some(command) = sources.iter().find(|profile| profile.get("credential_process").is_some()) {
        return Some(format!("credential_process of profile {:?}: {why}", command.name()));
    }
    let role = profile.get("role_arn")?;
    Some(format!("role {role} of profile {:?} cannot be assumed: {why}", profile.name()))
}

fn of_chain(name: &str, files: &Files, error: &CredentialsError, why: String) -> String {
    if let Some(role) = variable("AWS_ROLE_ARN").filter(|_| variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()) {
        return format!("role {role} of the web identity cannot be assumed: {why}");
    }
    if !matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
        return why;
    }
    format!(
        "the environment has none, {} and {} have none for profile {name:?}, and there is no role of a container or an \
         instance",
        files.credentials.display(),
        files.config.display()
    )
}

/// The source's own words: code and message of a service, else the innermost cause.
fn words(error: &CredentialsError) -> String {
    let answered = chain(error).find_map(|error| error.downcast_ref::<ErrorMetadata>()).and_then(|answer| {
        let code = answer.code()?;
        Some(answer.message().map_or_else(|| code.to_owned(), |message| format!("{code}: {message}")))
    });
    let said = answered.unwrap_or_else(|| {
        let innermost = innermost(error);
        // "No such file" alone says nothing: which file is a cause further out.
        match chain(error).filter(|error| error.source().is_some()).last() {
            Some(outer) if innermost.is::<io::Error>() => format!("{outer}: {innermost}"),
            _ => innermost.to_string(),
        }
    });
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source())
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    chain(error).last().unwrap_or(error)
}
