//! What the program does beside answering: starting a server, migrating, making keys.

use crate::access::Role;
use crate::app::{App, routes};
use crate::audit::{self, Checkpoints};
use crate::clock::Clock;
use crate::config::{CopyArgs, DemoDataArgs, DemoSize, Environment, KeyArgs, ServeConfig, VerifyArgs};
use crate::db::{self, Store, Target};
use crate::demo_data::{self, Plan};
use crate::error::Language;
use crate::http::Context;
use crate::http::document::document;
use crate::ids::Randomness;
use crate::keys::{self, KeyRequest, KeyText};
use crate::outgoing::Client;
use crate::server::Extent;
use crate::settings::Settings;
use crate::{access::Caller, contacts, indexing, quotas, server};
use actix_web::web::Data;
use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{IsTerminal, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Structured log on standard error, one JSON object a line.
///
/// # Errors
/// A sentence that names the setting.
pub fn init_log(filter: &str) -> Outcome {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("CUNGCAU_LOG: {error}"))?;
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    Ok(())
}

/// Opens the database of `target`, brings its schema up to date and reads its settings.
///
/// # Errors
/// A sentence that says what is in the way.
pub fn open(target: &Target, instance: Option<&str>, ids: &Randomness) -> Outcome<(Store, Settings)> {
    if let Target::Sqlite(path) = target
        && let Some(folder) = path.parent()
    {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let store = Store::open(target)?;
    let mut connection = db::connect(target)?;
    db::migrate(&mut connection)?;
    let settings = Settings::load(&mut connection, instance, ids)?;
    Ok((store, settings))
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// A sentence that says why it could not start.
pub fn serve(config: &ServeConfig) -> Outcome {
    fs::create_dir_all(&config.data).map_err(|error| format!("{}: {error}", config.data.display()))?;
    let ids = Randomness::System;
    let (store, settings) = open(&config.target, config.instance.as_deref(), &ids)?;
    let listener = TcpListener::bind(config.listen).map_err(|error| format!("{}: {error}", config.listen))?;
    let address = listener.local_addr()?;
    let checkpoints = Checkpoints::open(&config.data, &settings.instance, &ids)
        .map_err(|error| format!("{}: the audit log's key: {error}", config.data.display()))?;
    let operators = config.operations_listen.map(|at| TcpListener::bind(at).map_err(|error| format!("{at}: {error}"))).transpose()?;
    let app = Data::new(
        App::new(store, Clock::System, ids, settings)?
            .signing(checkpoints)
            .behind(config.trusted_proxies.clone())
            .limited(config.anonymous_rate, config.key_rate)
            .with_quota(config.key_day)
            .shedding(config.shedding)
            .open_to(config.cors.clone())
            .known_to(config.people.clone(), Client::new(&config.outgoing_networks))
            .with_personal_data(config.daily_disclosures, config.backup_days),
    );
    actix_web::rt::System::new().block_on(async {
        let first_key = first_admin_key(&app, &config.data).await?;
        if config.demo {
            crate::demo::load(&app).await?;
        }
        say(&format!("Cung Cầu serves http://{address}\nDocumentation: http://{address}/docs/"));
        if let Some(operators) = &operators {
            say(&format!("For operators: http://{}", operators.local_addr()?));
        }
        if let Some((path, key)) = first_key {
            say(&format!("The administrator's key is in {} (this start made it)", path.display()));
            if std::io::stdout().is_terminal() {
                say(&format!("It is, shown this once: {}", key.reveal()));
            }
        }
        if let Some(people) = &app.people {
            people.ask_ahead();
        }
        // Who searches is told to wait until it is built; everything else is answered meanwhile.
        indexing::follow::follow(&app.index)?;
        audit::follow(&app);
        actix_web::rt::spawn(contacts::keep_purging(app.clone()));
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let (stop_writing, stopped) = tokio::sync::oneshot::channel();
        let quotas = actix_web::rt::spawn(quotas::keep_writing(app.clone(), stopped));
        let extent = if operators.is_some() { Extent::Public } else { Extent::Whole };
        let theirs = operators.map(|listener| server::operations_server(&app, listener)).transpose()?;
        let same_listener = listener.try_clone()?;
        let running = server::server(&app, listener, workers, extent)?;
        let (handle, their_handle) = (running.handle(), theirs.as_ref().map(actix_web::dev::Server::handle));
        let tasks: Vec<_> = std::iter::once(running).chain(theirs).map(actix_web::rt::spawn).collect();
        server::signalled().await?;
        tracing::info!("stopping");
        server::stop(&app, &handle, same_listener, their_handle.as_ref()).await;
        for task in tasks {
            task.await??;
        }
        drop(stop_writing);
        quotas.await?;
        if let Err(problem) = quotas::write_down(&app).await {
            tracing::warn!(cause = %problem, "what keys have used was not written down");
        }
        audit::finish(&app).await;
        tracing::info!("stopped");
        Ok(())
    })
}

/// The administrator's key of the first start, in a file which its owner alone reads.
async fn first_admin_key(app: &App, data: &Path) -> Outcome<Option<(std::path::PathBuf, KeyText)>> {
    if app.store.read(keys::first_admin_exists).await? {
        return Ok(None);
    }
    let path = data.join("admin-key.txt");
    // The file first: a key that nobody can read would be lost.
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let request = KeyRequest {
        name: "first administrator".into(),
        role: Role::Admin,
        organisation_id: None,
        province_id: None,
        scopes: Vec::new(),
        addresses: Vec::new(),
        days: 365,
    };
    let text = app.write(&system(app), false, move |tx| keys::create(tx, &request).map(|(_, text)| text)).await?;
    writeln!(file, "{}", text.reveal())?;
    file.sync_all()?;
    Ok(Some((path, text)))
}

/// What the program itself asks under.
pub fn system(app: &App) -> Context {
    let now = app.clock.now();
    Context { caller: Caller::system(), as_of: crate::clock::day_of(now), now }
}

/// Brings the schema up to date.
///
/// # Errors
/// A sentence that says what is in the way.
pub fn migrate(target: &Target, instance: Option<&str>) -> Outcome {
    open(target, instance, &Randomness::System)?;
    say("The schema is up to date.");
    Ok(())
}

/// Prints the API document.
///
/// # Errors
/// When standard output is closed.
pub fn openapi() -> Outcome {
    std::io::stdout().write_all(document(&routes()).as_bytes())?;
    Ok(())
}

/// Makes a key and prints it.
///
/// # Errors
/// Every fault at once.
pub fn create_key(environment: &Environment, args: &KeyArgs) -> Outcome {
    let (_, target) = environment.database(&args.database)?;
    let ids = Randomness::System;
    let mut connection = db::connect(&target)?;
    db::migrate(&mut connection)?;
    let settings = Settings::load(&mut connection, environment.instance()?.as_deref(), &ids)?;
    let now = Clock::System.now();
    let province_id = match &args.province {
        None => None,
        Some(input) => Some(
            crate::reference::texts::resolve_province(input, crate::clock::day_of(now))
                .map_err(|words| format!("--province: {}", words.in_language(Language::En)))?,
        ),
    };
    let request = KeyRequest {
        name: args.name.clone(),
        role: args.role,
        organisation_id: args.organisation.clone(),
        province_id,
        scopes: args.scopes.clone(),
        addresses: args.addresses.clone(),
        days: args.days,
    };
    let caller = Caller::system();
    // Beside a running server: SQLite lets both write, one after the other.
    let (key, text) = db::write_once_on(&mut connection, |db| {
        let mut tx = crate::log::Tx::new(db, now, &settings.instance, &settings.digest_key, &caller, &ids);
        let made = keys::create(&mut tx, &request)?;
        tx.finish()?;
        Ok(made)
    })?;
    say(&format!("{} ({}, until {})\n{}", key.id, key.role.as_str(), key.expires_at.date(), text.reveal()));
    Ok(())
}

/// Findings that are named one by one.
const NAMED_FINDINGS: usize = 100;

/// Looks whether the audit log is whole.
///
/// # Errors
/// What was edited, deleted, moved or cut off; or a sentence that says what can't be read.
pub fn verify_audit(environment: &Environment, args: &VerifyArgs) -> Outcome {
    let (data, target) = environment.database(&args.database)?;
    let mut checkpoints = Vec::new();
    let mut key = None;
    if !args.without_checkpoints {
        let files = if args.checkpoints.is_empty() { vec![data.join(audit::CHECKPOINTS_FILE)] } else { args.checkpoints.clone() };
        for file in files {
            let found = audit::read_checkpoints(&file);
            let hint = "name the file with --checkpoints, or do --without-checkpoints";
            checkpoints.extend(found.map_err(|error| format!("{}: {error} ({hint})", file.display()))?);
        }
        let file = args.public_key.clone().unwrap_or_else(|| data.join(audit::PUBLIC_KEY_FILE));
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let parsed = audit::public_key(&text).ok_or_else(|| format!("{}: 64 hexadecimal digits are expected", file.display()))?;
        key = Some(parsed);
    }
    // Looks alone: nothing is migrated, and no setting is made.
    let mut snapshot = db::Snapshot::open(&target)?;
    let instance = Settings::instance_of(snapshot.db())?;
    let report = audit::verify(snapshot.db(), &instance, key.as_ref(), &checkpoints)?;
    say(&format!(
        "{} rows, {} changes (and {} not sealed yet), {} checkpoints",
        report.rows, report.changes, report.unsealed, report.checkpoints
    ));
    let findings = report.findings.len();
    if findings == 0 {
        say("The audit log is whole.");
        return Ok(());
    }
    for finding in report.findings.iter().take(NAMED_FINDINGS) {
        say(&format!("- {finding}"));
    }
    Err(format!("the audit log is not whole: {findings} findings").into())
}

/// Copies everything from one database to an empty one.
///
/// # Errors
/// A sentence that says what is in the way; the target is left empty.
pub fn copy(args: &CopyArgs) -> Outcome {
    let counts = crate::copy::copy(&Target::parse(&args.from)?, &Target::parse(&args.to)?)?;
    for (table, rows) in counts {
        say(&format!("{table}: {rows}"));
    }
    Ok(())
}

/// Fills an empty register, or a file, with made-up records.
///
/// # Errors
/// A sentence that says what is in the way.
pub fn demo_data(environment: &Environment, args: &DemoDataArgs) -> Outcome {
    let instance = environment.instance()?;
    if args.size == Some(DemoSize::S) {
        return founding_case(environment, args, instance.as_deref());
    }
    let plan = plan(args)?;
    let n = match &args.ndjson {
        Some(path) => demo_data::write_lines(plan, path, instance.as_deref().unwrap_or("DEMO"))?,
        None => demo_data::fill(plan, &environment.database(&args.database)?.1, instance.as_deref())?,
    };
    // Standard output may be the file.
    eprintln!("{n} changes");
    Ok(())
}

/// The plan of the size and the counts.
fn plan(args: &DemoDataArgs) -> Outcome<Plan> {
    let size = match args.size {
        Some(DemoSize::L) => Plan::L,
        Some(DemoSize::M | DemoSize::S) => Plan::M,
        None if [args.producers, args.products, args.offers, args.demands].iter().all(Option::is_none) => {
            return Err("say how much: --size S, M or L, or --producers, --products, --offers and --demands".into());
        }
        None => [0; 4],
    };
    let [producers, products, offers, demands] = size;
    let counts = [
        args.producers.unwrap_or(producers),
        args.products.unwrap_or(products),
        args.offers.unwrap_or(offers),
        args.demands.unwrap_or(demands),
    ];
    let today = args.today.unwrap_or_else(|| crate::clock::day_of(Clock::System.now()));
    let mut plan = Plan::new(counts, args.seed, today);
    plan.buyers = args.buyers.unwrap_or(plan.buyers);
    plan.ocop_per_mille = args.ocop_share.map_or(plan.ocop_per_mille, |percent| percent * 10);
    plan.check()?;
    Ok(plan)
}

/// The founding case, as `serve --demo` loads it.
fn founding_case(environment: &Environment, args: &DemoDataArgs, instance: Option<&str>) -> Outcome {
    if [args.producers, args.products, args.offers, args.demands, args.buyers].iter().any(Option::is_some) || args.ndjson.is_some() {
        return Err("--size S is the founding case as it is: it takes no counts, and goes into a database".into());
    }
    let ids = Randomness::System;
    let (store, settings) = open(&environment.database(&args.database)?.1, instance, &ids)?;
    let app = App::new(store, Clock::System, ids, settings)?;
    if !actix_web::rt::System::new().block_on(crate::demo::load(&app))? {
        return Err("the register is not empty: made-up records go into a new one".into());
    }
    Ok(())
}

/// Asks `url` whether a server is ready.
///
/// # Errors
/// A sentence with the status or with why there was no answer.
pub fn healthcheck(url: &str) -> Outcome {
    let rest = url.strip_prefix("http://").ok_or("--url must begin with http://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).map_err(|error| format!("{host}: {error}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer)?;
    match answer.split(' ').nth(1) {
        Some("200") => Ok(()),
        status => Err(format!("{url} answered {}", status.unwrap_or("nothing")).into()),
    }
}

#[expect(clippy::print_stdout, reason = "what the program says to the person who started it")]
fn say(words: &str) {
    println!("{words}");
}
