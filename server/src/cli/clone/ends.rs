//! The two ends of a clone: where each lies, and how it is reached.
//!
//! `s3://bucket/prefix` is reached as the options say, `store:bucket/prefix` as the configuration says of that store. What
//! holds for one end only has an option of its own, which goes before the option for both.

use std::path::{Path, PathBuf};

use clap::Args;
use engine::s3::{Ceilings, Endpoint};
use model::{Location, Place, StoreName};

use crate::{
    config::{Config, DEMO_STORE},
    connections::stores,
};

#[derive(Args, Clone)]
pub struct EndArgs {
    #[arg(help = "Where from: s3://bucket/prefix, or store:bucket/prefix of a configured store", value_parser = place)]
    source: Place,
    #[arg(help = "Where to: s3://bucket/prefix, or store:bucket/prefix of a configured store", value_parser = place)]
    destination: Place,
    /// Endpoint of an S3-compatible store, for both ends [default: AWS]
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Endpoint of the source, if it differs
    #[arg(long, value_name = "URL")]
    source_endpoint_url: Option<String>,
    /// Endpoint of the destination, if it differs
    #[arg(long, value_name = "URL")]
    destination_endpoint_url: Option<String>,
    /// Region of both ends [default: as configured for AWS, else us-east-1]
    #[arg(long)]
    region: Option<String>,
    /// Region of the source, if it differs
    #[arg(long, value_name = "REGION")]
    source_region: Option<String>,
    /// Region of the destination, if it differs
    #[arg(long, value_name = "REGION")]
    destination_region: Option<String>,
    /// Profile of the AWS configuration files, for both ends
    #[arg(long)]
    profile: Option<String>,
    /// Profile for the source, if it differs; what two profiles share is streamed through this process
    #[arg(long, value_name = "PROFILE")]
    source_profile: Option<String>,
    /// Profile for the destination, if it differs
    #[arg(long, value_name = "PROFILE")]
    destination_profile: Option<String>,
    /// Read the source without credentials, as anyone may read a public bucket
    #[arg(long, conflicts_with = "source_profile")]
    source_no_sign_request: bool,
}

/// One end.
pub struct CloneEnd {
    pub endpoint: Endpoint,
    pub location: Location,
    /// Of a configured store.
    pub ceilings: Ceilings,
}

/// The options of one end, each with its name.
struct Reach<'a> {
    side: &'static str,
    url: Option<&'a String>,
    region: Option<&'a String>,
    profile: Option<&'a String>,
    unsigned: bool,
}

fn place(text: &str) -> Result<Place, String> {
    Place::written_out(text).map_err(|invalid| invalid.to_string())
}

impl EndArgs {
    /// Source and destination. `config`: the configuration file, read only for ends that name a store.
    pub fn read(&self, config: Option<&Path>, requester_pays: bool) -> Result<[CloneEnd; 2], String> {
        let own = [
            Reach {
                side: "source",
                url: self.source_endpoint_url.as_ref(),
                region: self.source_region.as_ref(),
                profile: self.source_profile.as_ref(),
                unsigned: self.source_no_sign_request,
            },
            Reach {
                side: "destination",
                url: self.destination_endpoint_url.as_ref(),
                region: self.destination_region.as_ref(),
                profile: self.destination_profile.as_ref(),
                unsigned: false,
            },
        ];
        let [source, destination] = own.map(|own| {
            let place = if own.side == "source" { &self.source } else { &self.destination };
            match &place.store {
                Some(store) => configured(config, store, &own).map(|(endpoint, ceilings)| (endpoint, ceilings, place)),
                None => self.reached(&own, requester_pays).map(|endpoint| (endpoint, Ceilings::default(), place)),
            }
        });
        let (mut source, mut destination) = (source?, destination?);
        if source.2.store.is_none() && source.0.is_reached_as(&destination.0) {
            // One store, under one name.
            let name = StoreName::try_from("s3".to_owned()).map_err(|invalid| invalid.to_string())?;
            source.0.name = name.clone();
            if destination.2.store.is_none() {
                destination.0.name = name;
            }
        }
        Ok([source, destination].map(|(endpoint, ceilings, place)| {
            let location = Place { store: None, ..place.clone() }.at(&endpoint.name);
            CloneEnd { endpoint, location, ceilings }
        }))
    }

    /// The end's own options, else those for both.
    fn reached(&self, own: &Reach<'_>, requester_pays: bool) -> Result<Endpoint, String> {
        let url = own.url.or(self.endpoint_url.as_ref());
        if let Some(url) = url.filter(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            return Err(format!("endpoint {url:?} is not valid: it must begin with http:// or https://"));
        }
        let shared = self.profile.as_ref().filter(|_| !own.unsigned);
        Ok(Endpoint {
            name: StoreName::try_from(own.side.to_owned()).map_err(|invalid| invalid.to_string())?,
            url: url.cloned(),
            region: own.region.or(self.region.as_ref()).cloned(),
            path_style: None,
            profile: own.profile.or(shared).cloned(),
            requester_pays,
            credentials: None,
            anonymous: own.unsigned,
        })
    }

    /// The places and options as a command line has them.
    pub fn words(&self, config: Option<&PathBuf>, quoted: impl Fn(&str) -> String) -> Vec<String> {
        let place = |place: &Place| {
            let url = place.clone().at(&"s3".parse::<StoreName>().expect("a store may have this name")).url();
            match &place.store {
                Some(store) => quoted(&format!("{store}:{}", url.trim_start_matches("s3://"))),
                None => quoted(&url),
            }
        };
        let mut words = vec![place(&self.source), place(&self.destination)];
        let stored = self.source.store.is_some() || self.destination.store.is_some();
        let config = config.filter(|_| stored).map(|file| file.display().to_string());
        for (option, value) in [
            ("config", &config),
            ("endpoint-url", &self.endpoint_url),
            ("source-endpoint-url", &self.source_endpoint_url),
            ("destination-endpoint-url", &self.destination_endpoint_url),
            ("region", &self.region),
            ("source-region", &self.source_region),
            ("destination-region", &self.destination_region),
            ("profile", &self.profile),
            ("source-profile", &self.source_profile),
            ("destination-profile", &self.destination_profile),
        ] {
            words.extend(value.iter().map(|value| format!("--{option} {}", quoted(value))));
        }
        words.extend(self.source_no_sign_request.then(|| "--source-no-sign-request".to_owned()));
        words
    }
}

/// A store as configured; no option may say otherwise.
fn configured(config: Option<&Path>, name: &StoreName, own: &Reach<'_>) -> Result<(Endpoint, Ceilings), String> {
    let set = [("endpoint-url", own.url), ("region", own.region), ("profile", own.profile)];
    let unsigned = own.unsigned.then_some("no-sign-request");
    if let Some(option) = set.into_iter().find_map(|(option, value)| value.map(|_| option)).or(unsigned) {
        let side = own.side;
        return Err(format!(
            "--{side}-{option} is not for the configured store {name}, whose entry says how it is reached"
        ));
    }
    let config = Config::load(config, &|name| std::env::var(name).ok()).map_err(|error| error.to_string())?;
    let store = config.stores.iter().find(|store| store.name == *name).ok_or_else(|| {
        let known: Vec<&str> = config.stores.iter().map(|store| store.name.as_str()).collect();
        format!("there is no store {name} in the configuration; it has {}", known.join(", "))
    })?;
    let embedded = config.demo.enabled && name.as_str() == DEMO_STORE;
    Ok((stores::endpoint(store, embedded), store.ceilings))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        ends: EndArgs,
    }

    fn ends(line: &str) -> Result<EndArgs, String> {
        let words = std::iter::once("clone").chain(line.split_whitespace());
        Command::try_parse_from(words).map(|command| command.ends).map_err(|error| error.to_string())
    }

    fn read(line: &str) -> Result<[Endpoint; 2], String> {
        ends(line)?.read(None, false).map(|ends| ends.map(|end| end.endpoint))
    }

    #[test]
    fn own_options_go_before_shared_ones() {
        let line = "s3://aaa s3://bbb --profile p --source-profile q --region eu-west-1 --destination-region us-east-2 \
                    --endpoint-url http://h:1 --destination-endpoint-url http://h:2";
        let [source, destination] = read(line).unwrap();
        let of = |end: &Endpoint| [&end.profile, &end.region, &end.url].map(|value| value.clone().unwrap());
        assert_eq!(of(&source), ["q", "eu-west-1", "http://h:1"]);
        assert_eq!(of(&destination), ["p", "us-east-2", "http://h:2"]);
        assert_eq!((source.name.as_str(), destination.name.as_str()), ("source", "destination"));
        let again = ends(line).unwrap().words(None, str::to_owned).join(" ");
        assert_eq!(read(&again), read(line), "{again}");
    }

    #[test]
    fn ends_reached_alike_are_one_store() {
        let [source, destination] = read("s3://aaa s3://bbb --profile p").unwrap();
        assert!(source == destination && source.name.as_str() == "s3");
        let [source, destination] = read("s3://aaa s3://bbb --source-no-sign-request --profile p").unwrap();
        assert_eq!((source.anonymous, source.profile.as_deref()), (true, None));
        assert_eq!((destination.anonymous, destination.profile.as_deref()), (false, Some("p")));
        assert!(!source.one_credential(&destination));
    }

    #[test]
    fn configured_store_is_reached_as_configured() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("logyard.toml");
        std::fs::write(
            &file,
            "[[stores]]\nname = 'away'\nendpoint_url = 'http://far:9'\nregion = 'eu-west-1'\nprofile = 'p'\n\
             max_requests_per_second = 7\n",
        )
        .unwrap();
        let args = ends("away:logs/2026/ s3://bbb --region us-east-2").unwrap();
        let [source, destination] = args.read(Some(&file), false).unwrap();
        assert_eq!((source.location.bucket.as_str(), source.location.prefix.as_str()), ("logs", "2026/"));
        assert_eq!(
            (source.endpoint.region.as_deref(), source.endpoint.profile.as_deref()),
            (Some("eu-west-1"), Some("p"))
        );
        assert_eq!(source.ceilings.requests_per_second.unwrap().get(), 7);
        assert_eq!(destination.endpoint.region.as_deref(), Some("us-east-2"));
        let again = args.words(Some(&file), str::to_owned).join(" ");
        assert_eq!(again, format!("away:logs/2026/ s3://bbb --config {} --region us-east-2", file.display()));
        let refused = |line: &str| ends(line).unwrap().read(Some(&file), false).err().unwrap();
        assert!(refused("gone:logs s3://bbb").contains("no store gone in the configuration; it has away"));
        assert!(refused("away:logs s3://bbb --source-region x").contains("--source-region is not for"));
    }
}
