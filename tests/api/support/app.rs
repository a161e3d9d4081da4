//! A server of a test's own: the real routes on 127.0.0.1, a fresh database, a clock that stands still.

use super::client::{Client, Request};
use actix_web::web::Data;
use cungcau::access::{Caller, Role};
use cungcau::app::App;
use cungcau::clock;
use cungcau::clock::Clock;
use cungcau::db::{Db, Store, Target, connect, migrate, write_once_on};
use cungcau::ids::Randomness;
use cungcau::indexing::{Degraded, Index};
use cungcau::keys::{self, KeyRequest};
use cungcau::log::Tx;
use cungcau::reference::ProvinceId;
use cungcau::server::{self, Extent};
use cungcau::settings::Settings;
use diesel::connection::SimpleConnection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{OnceLock, mpsc};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// The instant at which every test begins: noon of 2026-11-23 in Viet Nam.
pub const START: &str = "2026-11-23 05:00:00";

/// A running server with everything that a test wants of it. Stops and cleans up when dropped.
pub struct TestApp {
    client: Client,
    app: Data<App>,
    clock: Clock,
    database: Database,
    handle: actix_web::dev::ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl TestApp {
    /// A server on an empty register.
    pub fn start() -> Self {
        Self::on(Database::fresh(), Randomness::Counter(AtomicU64::new(1)))
    }

    /// A server on an empty register, set up as `configure` says.
    pub fn start_with(configure: impl FnOnce(App) -> App) -> Self {
        let app = Self::before_the_index(Database::fresh(), Randomness::Counter(AtomicU64::new(1)), configure);
        app.build_index();
        app
    }

    /// A server on what stands in `database`.
    pub fn start_on(database: Database) -> Self {
        Self::on(database, Randomness::Counter(AtomicU64::new(1)))
    }

    /// A server on an empty register in the PostgreSQL at `url`.
    pub fn start_at(url: &str) -> Self {
        let database = Database::in_schema_of(url);
        migrate(&mut database.connect()).unwrap();
        Self::on(database, Randomness::Counter(AtomicU64::new(1)))
    }

    /// A second process's like on the same PostgreSQL; `None` on SQLite, where a second server is refused.
    pub fn second_server(&self) -> Option<Self> {
        let Target::Postgres(_) = &self.database.target else { return None };
        let database = Database { target: self.database.target.clone(), _folder: None, schema: None };
        Some(Self::on(database, Randomness::Counter(AtomicU64::new(1 << 40))))
    }

    /// A server on an empty register, before its index is built.
    pub fn start_without_index() -> Self {
        Self::before_the_index(Database::fresh(), Randomness::Counter(AtomicU64::new(1)), |app| app)
    }

    fn on(database: Database, ids: Randomness) -> Self {
        let app = Self::before_the_index(database, ids, |app| app);
        app.build_index();
        app
    }

    /// Builds the index, and follows the log from then on.
    pub fn build_index(&self) {
        self.app.index.rebuild().unwrap();
        cungcau::indexing::follow::follow(&self.app.index).unwrap();
    }

    fn before_the_index(database: Database, ids: Randomness, configure: impl FnOnce(App) -> App) -> Self {
        let store = Store::open(&database.target).unwrap();
        let settings = Settings::load(&mut database.connect(), Some("TEST"), &ids).unwrap();
        let clock = Clock::fixed(super::instant(START));
        let app = Data::new(configure(App::new(store, clock.clone(), ids, settings).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = mpsc::channel();
        let shared = app.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = server::server(&shared, listener, 2, Extent::Whole).unwrap();
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let handle = receiver.recv().unwrap();
        Self { client: Client::new(format!("http://{address}")), app, clock, database, handle, thread: Some(thread) }
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        self.client.address()
    }

    /// `GET path`
    pub fn get(&self, path: &str) -> Request<'_> {
        self.client.request("GET", path)
    }

    /// `POST path` with a JSON body.
    pub fn post(&self, path: &str, body: Value) -> Request<'_> {
        self.client.request("POST", path).json(&body)
    }

    /// `PUT path` with a JSON body.
    pub fn put(&self, path: &str, body: Value) -> Request<'_> {
        self.client.request("PUT", path).json(&body)
    }

    /// `PATCH path` with a merge patch, under `If-Match: etag`.
    pub fn patch(&self, path: &str, etag: &str, body: Value) -> Request<'_> {
        self.client.request("PATCH", path).json(&body).header("Content-Type", "application/merge-patch+json").header("If-Match", etag)
    }

    /// `DELETE path`, under `If-Match: etag`.
    pub fn delete(&self, path: &str, etag: &str) -> Request<'_> {
        self.client.request("DELETE", path).header("If-Match", etag)
    }

    /// Any method, with nothing set.
    pub fn request(&self, method: &str, path: &str) -> Request<'_> {
        self.client.request(method, path)
    }

    /// A key of an administrator.
    pub fn admin(&self) -> String {
        self.key(Role::Admin, None, None)
    }

    /// A key of an officer of the province that this code means today, or with `@YYYY-MM-DD` on that day.
    pub fn officer(&self, province: &str) -> String {
        self.key(Role::Officer, None, Some(province))
    }

    /// A key that acts for a producer.
    pub fn producer(&self, organisation: impl AsRef<str>) -> String {
        self.key(Role::Producer, Some(organisation.as_ref()), None)
    }

    /// A key that acts for a buyer.
    pub fn buyer(&self, organisation: impl AsRef<str>) -> String {
        self.key(Role::Buyer, Some(organisation.as_ref()), None)
    }

    /// A key of an auditor.
    pub fn auditor(&self) -> String {
        self.key(Role::Auditor, None, None)
    }

    /// A key of another instance.
    pub fn partner(&self) -> String {
        self.key(Role::Partner, None, None)
    }

    fn key(&self, role: Role, organisation: Option<&str>, province: Option<&str>) -> String {
        let request = KeyRequest {
            name: "a test".into(),
            role,
            organisation_id: organisation.map(str::to_owned),
            province_id: province.map(|input| self.province(input)),
            scopes: Vec::new(),
            addresses: Vec::new(),
            days: 365,
        };
        let caller = Caller::system();
        let ids = &self.app.ids;
        let mut connection = self.database.connect();
        let text = write_once_on(&mut connection, |db| {
            let settings = &self.app.settings;
            let mut tx = Tx::new(db, self.clock.now(), &settings.instance, &settings.digest_key, &caller, ids);
            let (_, text) = keys::create(&mut tx, &request)?;
            tx.finish()?;
            Ok(text)
        });
        text.unwrap().reveal().to_owned()
    }

    fn province(&self, input: &str) -> ProvinceId {
        let today = clock::day_of(self.clock.now());
        cungcau::reference::reference().provinces.resolve(input, today).unwrap_or_else(|_| panic!("{input} is no province"))
    }

    /// Sets the clock (UTC).
    pub fn set_clock(&self, at: &str) {
        self.clock.set(super::instant(at));
    }

    /// A connection of one's own to the test's database: to look behind the API, or to build what it forbids.
    pub fn db(&self) -> Db {
        self.database.connect()
    }

    /// Loads the founding case, as `serve --demo` does.
    pub fn load_demo(&self) {
        actix_web::rt::System::new().block_on(cungcau::demo::load(&self.app)).unwrap();
    }

    /// What its handlers share.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The market index of this server.
    pub fn index(&self) -> &Index {
        &self.app.index
    }

    /// Whether this server knows that its database is away, and how old its index is then.
    pub fn degraded(&self) -> Option<Degraded> {
        self.app.degraded()
    }

    /// Where its database is.
    pub fn target(&self) -> &Target {
        &self.database.target
    }

    /// The number of the newest change.
    pub fn log_head(&self) -> i64 {
        use cungcau::db::schema::feed_head;
        use diesel::prelude::*;
        feed_head::table.select(feed_head::head).first(&mut self.db()).unwrap()
    }

    /// How many rows each table has: what is compared where nothing may be left behind.
    pub fn rows(&self) -> BTreeMap<&'static str, i64> {
        let mut db = self.db();
        // Uses of keys are noted beside the requests, and what was committed is sealed, in their own time.
        let in_their_own_time = ["key_uses", "key_days", "audit"];
        let tables = cungcau::access::columns::COLUMNS.iter().map(|(table, _)| *table).filter(|table| !in_their_own_time.contains(table));
        tables.map(|table| (table, count(&mut db, &format!("SELECT count(*) AS n FROM {table}")))).collect()
    }

    /// The changes after number `seq`, in the order of their numbers.
    pub fn changes_after(&self, seq: i64) -> Vec<cungcau::log::Change> {
        use cungcau::db::schema::changes;
        use diesel::prelude::*;
        changes::table
            .filter(changes::seq.gt(seq))
            .order(changes::seq)
            .select(cungcau::log::Change::as_select())
            .load(&mut self.db())
            .unwrap()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A database of a test's own.
pub struct Database {
    /// Where it is.
    pub target: Target,
    _folder: Option<TempDir>,
    schema: Option<(Target, String)>,
}

impl Database {
    /// An empty register with an up-to-date schema.
    pub fn fresh() -> Self {
        static EMPTY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
        if Self::postgres_url().is_some() {
            let database = Self::unmigrated();
            migrate(&mut database.connect()).unwrap();
            return database;
        }
        // Migrating takes most of a test's time, so it is done once and its file copied.
        let (_, empty) = EMPTY.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("empty.db");
            let mut db = connect(&Target::Sqlite(path.clone())).unwrap();
            migrate(&mut db).unwrap();
            if let Db::Sqlite(connection) = &mut db {
                connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
            }
            (folder, path)
        });
        let database = Self::unmigrated();
        if let Target::Sqlite(path) = &database.target {
            std::fs::copy(empty, path).unwrap();
        }
        database
    }

    /// A database without any table.
    pub fn unmigrated() -> Self {
        let Some(url) = Self::postgres_url() else {
            let folder = tempfile::tempdir().unwrap();
            return Self { target: Target::Sqlite(folder.path().join("cungcau.db")), _folder: Some(folder), schema: None };
        };
        Self::in_schema_of(&url)
    }

    /// A new schema of the server at `url`.
    fn in_schema_of(url: &str) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let schema = format!("t_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let server = Target::Postgres(url.to_owned());
        run(&server, &format!("CREATE SCHEMA {schema}"));
        let separator = if url.contains('?') { '&' } else { '?' };
        let target = Target::Postgres(format!("{url}{separator}options=-csearch_path%3D{schema}"));
        Self { target, _folder: None, schema: Some((server, schema)) }
    }

    /// The PostgreSQL server to test on, when there is one.
    pub fn postgres_url() -> Option<String> {
        std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
    }

    /// A connection to it.
    pub fn connect(&self) -> Db {
        connect(&self.target).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, schema)) = &self.schema {
            drop_schema(server, schema);
        }
    }
}

/// Drops a schema with all its tables. The database may end this one rather than a last transaction of the server that
/// waits for one of the tables while it has another: then it is tried again.
fn drop_schema(server: &Target, schema: &str) {
    const TRIES: u32 = 5;
    let Db::Postgres(mut connection) = connect(server).unwrap() else { return };
    for left in (0..TRIES).rev() {
        match connection.batch_execute(&format!("DROP SCHEMA {schema} CASCADE")) {
            Err(error) if left > 0 && error.to_string().contains("deadlock") => {}
            dropped => return dropped.unwrap(),
        }
    }
}

/// Runs statements behind the API's back, to build what it does not make itself.
pub fn execute(app: &TestApp, sql: &str) {
    match &mut app.db() {
        Db::Sqlite(connection) => connection.batch_execute(sql),
        Db::Postgres(connection) => connection.batch_execute(sql),
    }
    .unwrap();
}

/// The number that `sql` gives as `n`.
pub fn count(db: &mut Db, sql: &str) -> i64 {
    use diesel::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let row: Row = match db {
        Db::Sqlite(connection) => diesel::sql_query(sql).get_result(connection),
        Db::Postgres(connection) => diesel::sql_query(sql).get_result(connection),
    }
    .unwrap();
    row.n
}

fn run(target: &Target, sql: &str) {
    if let Db::Postgres(connection) = &mut connect(target).unwrap() {
        connection.batch_execute(sql).unwrap();
    }
}
