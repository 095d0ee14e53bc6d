//! Credentials that cannot be had: the error names their source, in its own words, and the command that helps.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::clone::command::{clone, run, said};

/// What `logyard clone` says with these AWS configuration files.
async fn refusal(folder: &Path, config: &str, arguments: &[&str]) -> String {
    fs::create_dir_all(folder.join(".aws")).unwrap();
    fs::write(folder.join(".aws/config"), config).unwrap();
    let mut command = clone("http://127.0.0.1:9", folder, arguments);
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let output = run(command).await;
    assert_ne!(output.status.code(), Some(0));
    said(&output)
}

#[tokio::test(flavor = "multi_thread")]
async fn sso_without_login_names_the_command() {
    let folder = TempDir::new().unwrap();
    let old = "[profile team-a]\nsso_start_url = https://d-1.awsapps.com/start\nsso_region = eu-west-1\n\
               sso_account_id = 111122223333\nsso_role_name = Reader\n";
    let new = "[sso-session corp]\nsso_start_url = https://d-1.awsapps.com/start\nsso_region = eu-west-1\n\
               [profile team-b]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Reader\n\
               [profile over]\nrole_arn = arn:aws:iam::111122223333:role/over\nsource_profile = team-b\nregion = eu-west-1\n";
    for (config, profile, command) in [
        (old, "team-a", "aws sso login --profile team-a"),
        (new, "team-b", "aws sso login --profile team-b"),
        (new, "over", "aws sso login --profile team-b"),
    ] {
        let said = refusal(folder.path(), config, &["--profile", profile]).await;
        assert!(said.contains(&format!("run `{command}`")) && said.contains("signs in by SSO"), "{profile}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_profile_is_named_with_the_nearest() {
    let folder = TempDir::new().unwrap();
    let config = "[profile production]\naws_access_key_id = a\naws_secret_access_key = b\n";
    let said = refusal(folder.path(), config, &["--profile", "prodution"]).await;
    let file = folder.path().join(".aws/config");
    let expected = format!("profile \"prodution\" is neither in {}", file.display());
    assert!(said.contains(&expected) && said.contains("the nearest is \"production\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_process_is_quoted() {
    let folder = TempDir::new().unwrap();
    let config = "[profile vault]\ncredential_process = echo the vault is sealed >&2; exit 7\n";
    let said = refusal(folder.path(), config, &["--profile", "vault"]).await;
    assert!(
        said.contains("credential_process of profile \"vault\": ") && said.contains("the vault is sealed"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn role_without_source_profile_is_named() {
    let folder = TempDir::new().unwrap();
    let config = "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = gone\nregion = eu-west-1\n";
    let said = refusal(folder.path(), config, &["--profile", "role"]).await;
    assert!(
        said.contains("role arn:aws:iam::1:role/r of profile \"role\" cannot be assumed") && said.contains("gone"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_configuration_names_every_source() {
    let folder = TempDir::new().unwrap();
    let said = refusal(folder.path(), "[default]\nregion = eu-west-1\n", &[]).await;
    assert!(said.contains("have none for profile \"default\"") && said.contains(".aws/credentials"), "{said}");
}
