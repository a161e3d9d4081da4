//! Settings: command line first, then the environment, then the default. The one home of `std::env::var`.
//!
//! An unknown `CUNGCAU_…` variable or a malformed value stops the start with a sentence that names it.

use crate::access::Role;
use crate::clock::{Clock, day_of};
use crate::contacts::DAILY_DISCLOSURES;
use crate::db::Target;
use crate::http::cors::Cors;
use crate::http::limits::Rate;
use crate::outgoing::Client;
use crate::people::{self, PeopleSettings};
use crate::personal_data::BACKUP_DAYS;
use crate::quotas;
use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Register and matchmaker of supply and demand for Vietnamese OCOP products and regional specialties.
#[derive(Debug, Parser)]
#[command(name = "cungcau", version, about)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API.
    Serve(ServeArgs),
    /// Bring the database's schema up to date.
    Migrate(DatabaseArgs),
    /// Print the API document (`OpenAPI` 3.1).
    Openapi,
    /// API keys.
    Keys {
        /// What to do with them.
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// The audit log.
    Audit {
        /// What to do with it.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Copy everything, log included, from one database to an empty one.
    Copy(CopyArgs),
    /// Fill an empty register, or a file, with made-up records of the shapes of real ones (illustrative).
    DemoData(DemoDataArgs),
    /// Ask a running server whether it is ready; exit code 0 when it is.
    Healthcheck(HealthcheckArgs),
}

/// Which database.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// Folder of the database file and of the administrator's key [default: data] [env: `CUNGCAU_DATA_DIR`]
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// sqlite:PATH or postgres://… [default: sqlite:DATA/cungcau.db] [env: `DATABASE_URL`]
    #[arg(long)]
    pub database_url: Option<String>,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address and port [default: 127.0.0.1:8080] [env: `CUNGCAU_LISTEN`]
    #[arg(long)]
    pub listen: Option<String>,
    /// Address and port of /metrics and of /readyz in detail, which are then not at the other one [env: `CUNGCAU_OPERATIONS_LISTEN`]
    #[arg(long)]
    pub operations_listen: Option<String>,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Load the founding case (illustrative) when the register is empty [env: `CUNGCAU_DEMO`]
    #[arg(long)]
    pub demo: bool,
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Find what was edited, deleted, moved or cut off; exit code 0 when it is whole.
    Verify(VerifyArgs),
}

/// What to hold the audit log against.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// File of signed checkpoints; may be given several times, one for each process's data folder [default: DATA/audit-checkpoints.jsonl]
    #[arg(long)]
    pub checkpoints: Vec<PathBuf>,
    /// File with the public key that signed them, hexadecimal [default: DATA/audit-key.pub]
    #[arg(long)]
    pub public_key: Option<PathBuf>,
    /// Do without checkpoints: what was cut off at the end, or made wholly anew, then does not show
    #[arg(long, conflicts_with_all = ["checkpoints", "public_key"])]
    pub without_checkpoints: bool,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it, this once.
    Create(KeyArgs),
}

/// What a new key is to be.
#[derive(Debug, Clone, Args)]
pub struct KeyArgs {
    /// admin, officer, auditor, producer, buyer or partner
    #[arg(long, value_parser = role)]
    pub role: Role,
    /// Id of the organisation it acts for
    #[arg(long)]
    pub organisation: Option<String>,
    /// Province of an officer: code or name, with @YYYY-MM-DD for another day than today
    #[arg(long)]
    pub province: Option<String>,
    /// What it is for, in words
    #[arg(long, default_value = "made on the command line")]
    pub name: String,
    /// What it may do within its role, such as mous:write or *:read; may be given several times, everything when left out
    #[arg(long = "scope")]
    pub scopes: Vec<String>,
    /// Address or network from which alone it is accepted; may be given several times
    #[arg(long = "address")]
    pub addresses: Vec<String>,
    /// Days until it expires, at most 365
    #[arg(long, default_value_t = 365)]
    pub days: i64,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// From where to where.
#[derive(Debug, Clone, Args)]
pub struct CopyArgs {
    /// Database to read
    #[arg(long)]
    pub from: String,
    /// Empty database to fill
    #[arg(long)]
    pub to: String,
}

/// What to make up, and where to put it.
#[derive(Debug, Clone, Args)]
pub struct DemoDataArgs {
    /// S: the founding case; M: 9,000 producers, 17,000 products, 20,000 offers, 2,000 demands; L: 100,000, 1,000,000, 1,000,000, 50,000
    #[arg(long, value_enum, ignore_case = true)]
    pub size: Option<DemoSize>,
    /// How many producers, instead of the size's
    #[arg(long)]
    pub producers: Option<usize>,
    /// How many products, instead of the size's
    #[arg(long)]
    pub products: Option<usize>,
    /// How many offers, instead of the size's
    #[arg(long)]
    pub offers: Option<usize>,
    /// How many demands, instead of the size's
    #[arg(long)]
    pub demands: Option<usize>,
    /// How many buyers [default: one for ten demands, at least 20]
    #[arg(long)]
    pub buyers: Option<usize>,
    /// Which of the many registers of these counts
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Day around which offers and demands lie [default: the day in Viet Nam]
    #[arg(long)]
    pub today: Option<chrono::NaiveDate>,
    /// Percent of the products that have an OCOP certificate [default: 60; 15 above 100,000 products]
    #[arg(long, value_parser = clap::value_parser!(u64).range(0..=100))]
    pub ocop_share: Option<u64>,
    /// Write the entries of the log as lines of JSON into this file (- for standard output) instead of a database
    #[arg(long, conflicts_with_all = ["data", "database_url"])]
    pub ndjson: Option<PathBuf>,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// How much to make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DemoSize {
    /// The founding case.
    #[value(name = "S")]
    S,
    /// About what one instance has.
    #[value(name = "M")]
    M,
    /// The whole country, and then some.
    #[value(name = "L")]
    L,
}

/// Which server.
#[derive(Debug, Clone, Args)]
pub struct HealthcheckArgs {
    /// Where its readiness is
    #[arg(long, default_value = "http://127.0.0.1:8080/readyz")]
    pub url: String,
}

fn role(word: &str) -> Result<Role, String> {
    word.parse().map_err(|()| format!("one of: {}", Role::WORDS.join(", ")))
}

/// What is wrong with a setting.
#[derive(Debug)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// Settings of a server.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Folder of the database file and of the administrator's key.
    pub data: PathBuf,
    /// Which database.
    pub target: Target,
    /// Name of the instance, when it is to be this one.
    pub instance: Option<String>,
    /// Load the founding case.
    pub demo: bool,
    /// Filter of the log.
    pub log: String,
    /// Proxies whose word on where a request comes from is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// How much an address may ask without a key.
    pub anonymous_rate: Option<Rate>,
    /// How much a key may ask.
    pub key_rate: Option<Rate>,
    /// Tokens of a key on a day.
    pub key_day: Option<i64>,
    /// Whether workers that are behind turn requests away.
    pub shedding: bool,
    /// Which pages' scripts may read answers.
    pub cors: Option<Cors>,
    /// Where operators alone ask how the service is, when that is not where everybody asks.
    pub operations_listen: Option<SocketAddr>,
    /// The OpenID provider of people.
    pub people: Option<PeopleSettings>,
    /// Networks that this service may call beside public addresses.
    pub outgoing_networks: Vec<IpNet>,
    /// Contacts that one key may be shown on a day.
    pub daily_disclosures: i64,
    /// Days that backups are kept.
    pub backup_days: i64,
}

/// The filter of the log where none is set. What actix tells of connections is told by the door, with the request's id, and
/// without a way for strangers to write errors; of the rest it tells what goes wrong.
const DEFAULT_LOG: &str = "info,actix_http=off,actix_server=error";

/// Names that the environment may have.
const KNOWN: [&str; 16] = [
    "CUNGCAU_ANONYMOUS_RATE",
    "CUNGCAU_BACKUP_DAYS",
    "CUNGCAU_DAILY_DISCLOSURES",
    "CUNGCAU_CORS_ORIGINS",
    "CUNGCAU_KEY_RATE",
    "CUNGCAU_KEY_DAY",
    "CUNGCAU_LISTEN",
    "CUNGCAU_OPERATIONS_LISTEN",
    "CUNGCAU_DATA_DIR",
    "CUNGCAU_INSTANCE",
    "CUNGCAU_DEMO",
    "CUNGCAU_LOG",
    "CUNGCAU_OUTGOING_NETWORKS",
    "CUNGCAU_SHEDDING",
    "CUNGCAU_TRUSTED_PROXIES",
    "DATABASE_URL",
];

/// The environment, read once.
#[derive(Debug, Default)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// A sentence that names an unknown `CUNGCAU_…` variable, or one that is not UTF-8.
    #[expect(clippy::disallowed_methods, reason = "the one home of the environment")]
    pub fn read() -> Result<Self, ConfigError> {
        let mut found = Vec::new();
        for (name, value) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name != "DATABASE_URL" && !name.starts_with("CUNGCAU_") {
                continue;
            }
            let Ok(value) = value.into_string() else { return Err(ConfigError(format!("{name} is not UTF-8"))) };
            found.push((name, value));
        }
        Self::new(found)
    }

    /// The same from pairs.
    ///
    /// # Errors
    /// A sentence that names an unknown variable.
    pub fn new(pairs: Vec<(String, String)>) -> Result<Self, ConfigError> {
        let known = || KNOWN.iter().chain(&people::NAMES);
        if let Some((name, _)) = pairs.iter().find(|(name, _)| !known().any(|known| known == name)) {
            let names: Vec<&str> = known().copied().collect();
            return Err(ConfigError(format!("{name} is no setting of this program; there are: {}", names.join(", "))));
        }
        Ok(Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Filter of the log, in the syntax of `tracing`'s `EnvFilter`.
    pub fn log(&self) -> String {
        self.get("CUNGCAU_LOG").unwrap_or(DEFAULT_LOG).to_owned()
    }

    /// Folder and database.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn database(&self, args: &DatabaseArgs) -> Result<(PathBuf, Target), ConfigError> {
        let data = args.data.clone().or_else(|| self.get("CUNGCAU_DATA_DIR").map(PathBuf::from)).unwrap_or_else(|| PathBuf::from("data"));
        let (name, url) = match (&args.database_url, self.get("DATABASE_URL")) {
            (Some(url), _) => ("--database-url", Some(url.clone())),
            (None, url) => ("DATABASE_URL", url.map(str::to_owned)),
        };
        let target = match url {
            None => Target::Sqlite(data.join("cungcau.db")),
            Some(url) => Target::parse(&url).map_err(|words| ConfigError(format!("{name}: {words}")))?,
        };
        Ok((data, target))
    }

    /// Name of the instance, when it is set.
    ///
    /// # Errors
    /// A sentence that says what a name may be.
    pub fn instance(&self) -> Result<Option<String>, ConfigError> {
        let Some(name) = self.get("CUNGCAU_INSTANCE") else { return Ok(None) };
        let fits = (2..=20).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if fits {
            Ok(Some(name.to_owned()))
        } else {
            Err(ConfigError(format!("CUNGCAU_INSTANCE is {name:?}: 2 to 20 capital letters or digits are expected, such as SOCTRANG")))
        }
    }

    /// Addresses and networks, separated by commas.
    fn networks(&self, name: &str) -> Result<Vec<IpNet>, ConfigError> {
        let Some(list) = self.get(name) else { return Ok(Vec::new()) };
        let read = |text: &str| text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        list.split(',')
            .map(|text| {
                read(text.trim()).ok_or_else(|| {
                    ConfigError(format!(
                        "{name} has {text:?}: addresses or networks are expected, separated by commas, such as 10.0.0.0/8,192.0.2.1"
                    ))
                })
            })
            .collect()
    }

    /// A limit of requests; none when it is off.
    fn rate(&self, name: &str, default: Rate) -> Result<Option<Rate>, ConfigError> {
        match self.get(name) {
            None => Ok(Some(default)),
            Some("off") => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|()| {
                ConfigError(format!(
                    "{name} is {text:?}: off, or tokens a second and how many at once are expected, at least 50, such as {default}"
                ))
            }),
        }
    }

    /// A whole number within a range.
    fn number(&self, name: &str, default: i64, range: std::ops::RangeInclusive<i64>) -> Result<i64, ConfigError> {
        let Some(text) = self.get(name) else { return Ok(default) };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            ConfigError(format!(
                "{name} is {text:?}: a whole number from {} to {} is expected, such as {default}",
                range.start(),
                range.end()
            ))
        })
    }

    /// Which pages' scripts may read answers; none unless set.
    fn cors(&self) -> Result<Option<Cors>, ConfigError> {
        let Some(list) = self.get("CUNGCAU_CORS_ORIGINS") else { return Ok(None) };
        Cors::parse(list).map(Some).map_err(|entry| {
            ConfigError(format!(
                "CUNGCAU_CORS_ORIGINS has {entry:?}: origins as browsers send them are expected, separated by commas, such as https://app.example.vn, or * for reading without a key"
            ))
        })
    }

    /// An address to listen on: of the command line, else of the environment.
    fn address(&self, option: &str, given: Option<&String>, name: &str) -> Result<Option<SocketAddr>, ConfigError> {
        let (name, address) = match (given, self.get(name)) {
            (Some(address), _) => (option, address.as_str()),
            (None, Some(address)) => (name, address),
            (None, None) => return Ok(None),
        };
        let wrong = |_| ConfigError(format!("{name} is {address:?}: an address and port are expected, such as 127.0.0.1:8080"));
        address.parse().map(Some).map_err(wrong)
    }

    /// Tokens of a key on a day; none when they are not counted.
    fn key_day(&self) -> Result<Option<i64>, ConfigError> {
        match self.get("CUNGCAU_KEY_DAY") {
            None => Ok(Some(quotas::A_DAY)),
            Some("off") => Ok(None),
            Some(text) => text.parse().ok().filter(|tokens| *tokens > 0).map(Some).ok_or_else(|| {
                ConfigError(format!("CUNGCAU_KEY_DAY is {text:?}: off, or tokens a day are expected, such as {}", quotas::A_DAY))
            }),
        }
    }

    /// Settings of a server.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn serve(&self, args: &ServeArgs) -> Result<ServeConfig, ConfigError> {
        let default = SocketAddr::from(([127, 0, 0, 1], 8080));
        let listen = self.address("--listen", args.listen.as_ref(), "CUNGCAU_LISTEN")?.unwrap_or(default);
        let operations_listen = self.address("--operations-listen", args.operations_listen.as_ref(), "CUNGCAU_OPERATIONS_LISTEN")?;
        if operations_listen == Some(listen) && listen.port() != 0 {
            return Err(ConfigError(format!("CUNGCAU_OPERATIONS_LISTEN is {listen}, where everybody is served: another port is expected")));
        }
        let demo = match self.get("CUNGCAU_DEMO") {
            None | Some("false") => args.demo,
            Some("true") => true,
            Some(other) => return Err(ConfigError(format!("CUNGCAU_DEMO is {other:?}: true or false is expected"))),
        };
        let shedding = match self.get("CUNGCAU_SHEDDING") {
            None | Some("on") => true,
            Some("off") => false,
            Some(other) => return Err(ConfigError(format!("CUNGCAU_SHEDDING is {other:?}: on or off is expected"))),
        };
        let (data, target) = self.database(&args.database)?;
        let outgoing_networks = self.networks("CUNGCAU_OUTGOING_NETWORKS")?;
        let today = day_of(Clock::System.now());
        let people = PeopleSettings::read(|name| self.get(name), &Client::new(&outgoing_networks), today).map_err(ConfigError)?;
        Ok(ServeConfig {
            listen,
            data,
            target,
            instance: self.instance()?,
            demo,
            log: self.log(),
            trusted_proxies: self.networks("CUNGCAU_TRUSTED_PROXIES")?,
            anonymous_rate: self.rate("CUNGCAU_ANONYMOUS_RATE", Rate::ANONYMOUS)?,
            key_rate: self.rate("CUNGCAU_KEY_RATE", Rate::KEY)?,
            daily_disclosures: self.number("CUNGCAU_DAILY_DISCLOSURES", DAILY_DISCLOSURES, 0..=100_000)?,
            backup_days: self.number("CUNGCAU_BACKUP_DAYS", BACKUP_DAYS, 0..=3_650)?,
            key_day: self.key_day()?,
            shedding,
            cors: self.cors()?,
            operations_listen,
            people,
            outgoing_networks,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Result<Environment, ConfigError> {
        Environment::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn serve_args() -> ServeArgs {
        ServeArgs { listen: None, operations_listen: None, database: DatabaseArgs { data: None, database_url: None }, demo: false }
    }

    #[test]
    fn an_unknown_or_malformed_setting_is_named() {
        let unknown = environment(&[("CUNGCAU_PORT", "80")]).unwrap_err().to_string();
        assert!(unknown.starts_with("CUNGCAU_PORT is no setting of this program"), "{unknown}");
        for (name, value) in [
            ("CUNGCAU_LISTEN", "8080"),
            ("CUNGCAU_DEMO", "yes"),
            ("CUNGCAU_CORS_ORIGINS", "https://app.example.vn/"),
            ("CUNGCAU_OPERATIONS_LISTEN", "9090"),
            ("CUNGCAU_OPERATIONS_LISTEN", "127.0.0.1:8080"),
            ("CUNGCAU_TRUSTED_PROXIES", "10.0.0.1, proxy.example"),
            ("CUNGCAU_ANONYMOUS_RATE", "50"),
            ("CUNGCAU_KEY_RATE", "10/20"),
            ("CUNGCAU_DAILY_DISCLOSURES", "-1"),
            ("CUNGCAU_BACKUP_DAYS", "a month"),
            ("CUNGCAU_KEY_DAY", "0"),
            ("CUNGCAU_SHEDDING", "yes"),
            ("CUNGCAU_INSTANCE", "sóc trăng"),
            ("CUNGCAU_OUTGOING_NETWORKS", "10.0.0.0/40"),
            ("CUNGCAU_OIDC_AUDIENCE", "https://cungcau.example.vn"),
            ("DATABASE_URL", "mysql://u:secret@h/d"),
            ("DATABASE_URL", "cungcau.db"),
        ] {
            let words = environment(&[(name, value)]).unwrap().serve(&serve_args()).unwrap_err().to_string();
            assert!(words.starts_with(name), "{words}");
            assert!(!words.contains("secret"), "{words}");
        }
    }

    #[test]
    fn a_provider_is_described_in_full_or_the_setting_at_fault_is_named() {
        let good = [
            ("CUNGCAU_OIDC_ISSUER", "https://id.example.vn/realms/cung-cau"),
            ("CUNGCAU_OIDC_AUDIENCE", "cungcau"),
            ("CUNGCAU_OIDC_ROLES", "quan-tri=admin, so-cong-thuong=officer"),
            ("CUNGCAU_OIDC_PROVINCES", "SCT-92=Cần Thơ"),
        ];
        let people = environment(&good).unwrap().serve(&serve_args()).unwrap().people.unwrap();
        assert_eq!(people.role.values, [("quan-tri".to_owned(), Role::Admin), ("so-cong-thuong".to_owned(), Role::Officer)]);
        assert_eq!((people.role.path.as_str(), people.keys_url, people.scope_claim), ("roles", None, None));
        assert_eq!(people.province.meaning(&["x".into(), "SCT-92".into()]), Some("Cần Thơ".to_owned()));
        for (name, value) in [
            ("CUNGCAU_OIDC_ISSUER", "id.example.vn"),
            ("CUNGCAU_OIDC_ISSUER", "http://id.example.vn"),
            ("CUNGCAU_OIDC_ISSUER", "https://user:secret@id.example.vn"),
            ("CUNGCAU_OIDC_AUDIENCE", ""),
            ("CUNGCAU_OIDC_JWKS_URL", "http://127.0.0.1:1/keys"),
            ("CUNGCAU_OIDC_JWKS_URL", "https://10.0.0.1/keys"),
            ("CUNGCAU_OIDC_ROLES", "quan-tri"),
            ("CUNGCAU_OIDC_ROLES", "quan-tri=root"),
            ("CUNGCAU_OIDC_ORGANISATIONS", "htx=prd_1"),
            ("CUNGCAU_OIDC_PROVINCES", "SCT=Atlantis"),
        ] {
            let mut pairs: Vec<_> = good.iter().copied().filter(|(known, _)| *known != name).collect();
            pairs.push((name, value));
            let words = environment(&pairs).unwrap().serve(&serve_args()).unwrap_err().to_string();
            assert!(words.starts_with(name), "{words}");
        }
    }

    #[test]
    fn the_command_line_wins_over_the_environment() {
        let env = environment(&[("CUNGCAU_LISTEN", "0.0.0.0:1"), ("DATABASE_URL", "postgres://h/d")]).unwrap();
        let args = ServeArgs { listen: Some("127.0.0.1:2".into()), ..serve_args() };
        let config = env.serve(&args).unwrap();
        assert_eq!(config.listen, "127.0.0.1:2".parse().unwrap());
        assert_eq!(config.target, Target::Postgres("postgres://h/d".into()));
    }
}
