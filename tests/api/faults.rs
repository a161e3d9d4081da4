//! What goes wrong around the register: full disks, databases that go away, kills, second servers, wrong settings.

use crate::support::process::{Place, Server, program, refusal};
use crate::support::{Database, Response, TestApp, Value, a_buyer, a_demand, a_producer, a_product, an_offer, count, json};
use cungcau::access::{Caller, Permit};
use cungcau::db::{Db, Store, Target, write_once_on};
use cungcau::error::Code;
use cungcau::http::collection::Collection;
use cungcau::ids::Randomness;
use cungcau::log::Tx;
use cungcau::organisations::Organisations;
use diesel::connection::SimpleConnection;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

fn a_body(name: &str) -> Value {
    json!({"name": name, "legal_form": "cooperative", "province": "94@2020-10-27", "producer": {"kind": "cooperative"}, "illustrative": true})
}

fn admin_key(place: &Place) -> String {
    std::fs::read_to_string(place.data().join("admin-key.txt")).unwrap().trim().to_owned()
}

fn producers(place: &Place) -> i64 {
    count(&mut place.db(), "SELECT count(*) AS n FROM producers")
}

/// The log as it must be: numbers from 1 to the head, one change for each version of each record.
fn assert_whole_log(place: &Place) {
    let mut db = place.db();
    let head = count(&mut db, "SELECT head AS n FROM feed_head");
    assert_eq!(count(&mut db, "SELECT count(*) AS n FROM changes"), head);
    assert_eq!(count(&mut db, "SELECT coalesce(min(seq), 1) AS n FROM changes"), 1);
    assert_eq!(count(&mut db, "SELECT coalesce(max(seq), 0) AS n FROM changes"), head);
    let organisations = count(&mut db, "SELECT count(*) AS n FROM organisations");
    assert_eq!(count(&mut db, "SELECT count(*) AS n FROM changes WHERE entity = 'organisation' AND version = 1"), organisations);
}

#[test]
fn an_sqlite_file_belongs_to_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let target = Target::Sqlite(folder.path().join("cungcau.db"));
    let first = Store::open(&target).unwrap();
    let words = Store::open(&target).map(drop).unwrap_err().to_string();
    assert!(words.contains("is open in another process") && words.contains("cungcau.db"), "{words}");
    drop(first);
    // A process that another test starts just now may hold the lock until it runs its own program.
    let deadline = Instant::now() + Duration::from_secs(5);
    while let Err(error) = Store::open(&target) {
        assert!(Instant::now() < deadline, "{error}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_sqlite_file_is_read_by_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cungcau.db");
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    let mut db = cungcau::db::connect(&Target::Sqlite(path.clone())).unwrap();
    cungcau::db::migrate(&mut db).unwrap();
    assert_eq!((mode("cungcau.db"), mode("cungcau.db-wal")), (0o600, 0o600));
    drop(db);
    // What an operator opened to a group stays open to it.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let mut db = cungcau::db::connect(&Target::Sqlite(path)).unwrap();
    cungcau::db::migrate(&mut db).unwrap();
    assert_eq!(mode("cungcau.db"), 0o640);
}

#[test]
fn a_second_server_on_the_same_folder_refuses_to_start_on_sqlite() {
    let place = Place::new();
    let first = place.serve();
    if let Target::Postgres(_) = place.target() {
        let second = place.serve();
        second.get("/readyz").send().expect(200);
        return;
    }
    let words = refusal(place.command(&["serve", "--listen", "127.0.0.1:0"]));
    assert!(words.starts_with("cungcau: ") && words.contains("is open in another process"), "{words}");
    first.get("/readyz").send().expect(200);
}

#[test]
fn a_full_database_says_that_nothing_was_stored() {
    let database = Database::fresh();
    let mut db = database.connect();
    let Db::Sqlite(connection) = &mut db else { return };
    // What SQLite answers when the disk is full, at will.
    let pages: i64 = count(&mut database.connect(), "SELECT page_count AS n FROM pragma_page_count()");
    connection.batch_execute(&format!("PRAGMA max_page_count = {}", pages + 2)).unwrap();
    let (caller, ids) = (Caller::system(), Randomness::System);
    let permit = Permit::new("create_organisation", caller.clone()).unwrap();
    let new = serde_json::from_value(a_body(&"Hợp tác xã ".repeat(15))).unwrap();
    let problem = write_once_on(&mut db, |db| {
        let mut tx = Tx::new(db, crate::support::instant(crate::support::START), "TEST", b"key", &caller, &ids);
        let made = Organisations::create(&mut tx, &permit, vec![new; 100])?;
        tx.finish()?;
        Ok(made.len())
    })
    .unwrap_err();
    assert_eq!(problem.code(), Code::StorageFull, "{problem}");
    assert_eq!(problem.code().status(), 503);
    assert!(problem.headers().iter().any(|(name, _)| *name == "Retry-After"));
    assert_eq!(count(&mut database.connect(), "SELECT count(*) AS n FROM organisations"), 0);
    assert_eq!(count(&mut database.connect(), "SELECT head AS n FROM feed_head"), 0);
}

/// Raises or lowers how large a file the server may write: a disk that is full, and then not.
fn limit_files(server: &Server, soft: &str) {
    let done = Command::new("prlimit").args(["--pid", &server.id().to_string(), &format!("--fsize={soft}:unlimited")]).status().unwrap();
    assert!(done.success(), "prlimit");
}

#[test]
fn a_disk_that_does_not_take_more_loses_nothing_and_stores_again_when_it_does() {
    let place = Place::new();
    if let Target::Postgres(_) = place.target() {
        // Its disk is the database server's.
        return;
    }
    // An ignored signal stays ignored in the program: its write then fails, as on a full disk.
    let program = env!("CARGO_BIN_EXE_cungcau");
    let mut command = Command::new("bash");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\"", program]).arg(place.data());
    let server = Server::start(command);
    let key = admin_key(&place);
    let batch = json!({"items": vec![a_body(&"Hợp tác xã ".repeat(15)); 500]});
    let send = || server.post("/v1/producers/batch", &batch).key(&key).send();
    send().expect(200);
    let (stored, bytes) = (producers(&place), std::fs::metadata(place.data().join("cungcau.db-wal")).unwrap().len());
    limit_files(&server, &(bytes + 64 * 1024).to_string());
    for _ in 0..3 {
        let refused = send().expect(503);
        assert!(["storage_full", "unavailable"].contains(&refused.problem_code().as_str()), "{}", refused.text);
    }
    assert_eq!(producers(&place), stored, "nothing of a refused request is stored");
    server.get("/v1/producers?limit=1").send().expect(200);
    limit_files(&server, "unlimited");
    send().expect(200);
    assert_eq!(producers(&place), stored + 500);
    assert_whole_log(&place);
    drop(server);
}

/// A PostgreSQL cluster of a test's own, which it may stop and start.
struct Cluster {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    url: String,
}

impl Cluster {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres.sh");
        let obey = r#"echo "$TEST_DATABASE_URL"; while read -r order mode; do "$0" "$order" $mode >&2 && echo "done"; done"#;
        let mut child = Command::new(script)
            .args(["run", "bash", "-c", obey, script])
            // An immediate stop must lose nothing that was committed.
            .env("PG_FSYNC", "on")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        answers.read_line(&mut url).unwrap();
        assert!(url.starts_with("postgres"), "no cluster: {url:?}");
        Self { orders: child.stdin.take(), child, answers, url: url.trim().to_owned() }
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer.trim(), "done", "{order}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The end of its orders ends the script, which removes the cluster.
        drop(self.orders.take());
        let _ = self.child.wait();
    }
}

#[test]
fn while_postgresql_is_away_the_answer_is_503_within_two_seconds_and_afterwards_all_is_well() {
    if Database::postgres_url().is_none() {
        return;
    }
    let mut cluster = Cluster::start();
    for mode in ["fast", "immediate"] {
        let app = TestApp::start_at(&cluster.url);
        let admin = app.admin();
        let made = a_producer(&app).by(&admin).create();
        let body = a_producer(&app).named(mode).into_body();
        cluster.order(&format!("stop {mode}"));
        let away: Vec<(Response, Duration)> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..16)
                .map(|index| {
                    let (app, admin, body, made) = (&app, &admin, &body, &made);
                    scope.spawn(move || {
                        let began = Instant::now();
                        let answer = match index % 3 {
                            0 => app.post("/v1/producers", body.clone()).key(admin).send(),
                            1 => app.get("/v1/producers").send(),
                            _ => app.get(&made.path).key(admin).send(),
                        };
                        (answer, began.elapsed())
                    })
                })
                .collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (answer, took) in away {
            assert_eq!((answer.status, answer.problem_code().as_str()), (503, "unavailable"), "{mode}: {}", answer.text);
            assert!(answer.header("Retry-After").is_some());
            assert!(took < Duration::from_secs(2), "{mode}: {took:?}");
            assert!(!answer.text.contains("postgres") && !answer.text.contains("127.0.0.1"), "{}", answer.text);
        }
        app.get("/healthz").send().expect(200);
        app.get("/readyz").send().expect(503);
        cluster.order("start");
        let back = Instant::now();
        loop {
            let answer = app.post("/v1/producers", body.clone()).key(&admin).send();
            if answer.status == 201 {
                break;
            }
            assert!(back.elapsed() < Duration::from_secs(5), "{mode}: still away: {}", answer.text);
            std::thread::sleep(Duration::from_millis(50));
        }
        app.get(&made.path).send().expect(200);
        app.get("/readyz").send().expect(200);
        assert!(back.elapsed() < Duration::from_secs(5), "{mode}: {:?}", back.elapsed());
        drop(app);
        cluster.order("stop fast");
        cluster.order("start");
    }
}

#[test]
fn while_postgresql_is_away_the_index_is_read_and_says_how_old_it_is() {
    if Database::postgres_url().is_none() {
        return;
    }
    let mut cluster = Cluster::start();
    let app = TestApp::start_at(&cluster.url);
    let (admin, other) = (app.admin(), app.admin());
    let producer = a_producer(&app).by(&admin).create();
    let (buyer, product) = (a_buyer(&app).create(), a_product(&app, &producer).create());
    let offer = an_offer(&app, &product).create();
    let demand = a_demand(&app, &buyer).with(json!({"text": "gạo", "required_certificates": []})).create();
    let position = app.index().applied();
    assert_eq!(app.degraded(), None);
    assert_eq!(app.get("/v1/products?q=gạo").send().expect(200).header("Cungcau-Degraded"), None);
    let until = |what: &str, is_so: &dyn Fn() -> bool| {
        let deadline = Instant::now() + Duration::from_secs(5);
        while !is_so() {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    cluster.order("stop immediate");
    until("nobody noticed that the database is away", &|| app.degraded().is_some());
    assert_eq!(app.degraded().map(|degraded| degraded.position), Some(position));
    assert!(app.index().read().is_ok());
    until("the index does not grow old", &|| app.degraded().is_some_and(|degraded| degraded.age_seconds > 0));
    // Searches go on from memory and say so; what needs the database is refused.
    let found = app.get("/v1/products?q=gạo&facets=province").send().expect(200);
    assert_eq!(found.ids(), [product.id.as_str()]);
    let says = found.header("Cungcau-Degraded").unwrap_or_default().to_owned();
    assert!(says.starts_with(&format!("database; position={position}; age=")), "{says}");
    assert_eq!(app.get("/v1/suggest?q=gao").key(&admin).send().expect(200).json()["products"][0]["id"], product.id.as_str());
    app.get("/v1/products").send().expect(503);
    app.get("/metrics").send().expect(200);
    // Matches go on, and say so.
    for path in [
        format!("{}/matches", demand.path),
        format!("{}/matches", offer.path),
        format!("{}/matches/{}", demand.path, offer.id),
        format!("/v1/producers/{}/readiness", producer.id),
    ] {
        let answer = app.get(&path).send().expect(200);
        assert!(answer.header("Cungcau-Degraded").is_some_and(|said| said.starts_with("database; position=")), "{path}");
    }
    // A key that was known a moment ago reads on what needs no database, and nothing else.
    app.get("/metrics").key(&admin).send().expect(200);
    app.get("/metrics").key(&other).send().expect(503);
    app.get("/v1/producers").key(&admin).send().expect(503);
    app.set_clock("2026-11-23 05:00:59");
    app.get("/metrics").key(&admin).send().expect(200);
    app.set_clock("2026-11-23 05:01:00");
    app.get("/metrics").key(&admin).send().expect(503);
    cluster.order("start");
    until("nobody noticed that the database is back", &|| app.degraded().is_none());
    a_producer(&app).by(&admin).create();
    assert_eq!(app.index().applied(), app.log_head());
    assert_eq!((app.index().state().rebuilds, app.index().state().errors), (0, 0));
}

#[test]
fn the_first_start_makes_the_administrators_key_and_tells_it_to_nobody() {
    let place = Place::new();
    let server = place.serve();
    let path = place.data().join("admin-key.txt");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let key = admin_key(&place);
    assert!(key.starts_with("cc_live_"));
    server.post("/v1/producers", &a_body("A")).key(&key).send().expect(201);
    server.get(&format!("/v1/producers?name={key}")).send().expect(200);
    server.signal("TERM");
    let (status, said) = server.wait(Duration::from_secs(30));
    assert!(status.success(), "{said}");
    assert!(said.contains("admin-key.txt"), "{said}");
    let secret = key.split('_').nth(3).unwrap();
    assert!(!said.contains(secret), "{said}");
    // Structured, with the request's id and the key's id.
    let answered = said
        .lines()
        .find(|line| line.contains("\"answered\"") && line.contains("create_producer") || line.contains("/v1/producers"))
        .unwrap();
    let entry: Value = serde_json::from_str(answered).unwrap();
    assert!(entry["fields"]["request_id"].is_string() && entry["fields"]["status"] == 201, "{entry}");

    let again = place.serve();
    assert_eq!(admin_key(&place), key);
    again.get("/v1/producers").key(&key).send().expect(200);
    again.signal("TERM");
    let (_, said) = again.wait(Duration::from_secs(30));
    assert!(!said.contains("admin-key.txt"), "only the first start: {said}");
}

#[test]
fn sigterm_loses_no_request() {
    let place = Place::new();
    let server = place.serve();
    let key = admin_key(&place);
    let (answered, lost) = (AtomicI64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for client in 0..8 {
            let (server, key, answered, lost) = (&server, &key, &answered, &lost);
            scope.spawn(move || {
                // Whoever is told that the connection ends makes another, until there is nobody any more.
                let mut is_last = false;
                for n in 0.. {
                    match server.post("/v1/producers", &a_body(&format!("{client}-{n}"))).key(key).try_send() {
                        Ok(answer) if answer.status == 201 => {
                            answered.fetch_add(1, Ordering::Relaxed);
                            is_last = answer.header("Connection") == Some("close");
                        }
                        Err(ureq::Error::Io(error)) if is_last && error.kind() == ErrorKind::ConnectionRefused => return,
                        other => {
                            lost.lock().unwrap().push(format!("{other:?}"));
                            return;
                        }
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(400));
        server.signal("TERM");
    });
    let (status, said) = server.wait(Duration::from_secs(30));
    assert!(status.success(), "{said}");
    assert_eq!(*lost.lock().unwrap(), Vec::<String>::new());
    assert!(answered.load(Ordering::Relaxed) > 16);
    assert_eq!(producers(&place), answered.load(Ordering::Relaxed), "what is stored is what was answered");
    assert_whole_log(&place);
}

#[test]
fn who_comes_while_the_process_is_stopping_is_served_and_told() {
    let place = Place::new();
    let server = place.serve();
    server.signal("TERM");
    let begun = Instant::now();
    let mut told = 0;
    // Each on a connection of its own: none is kept.
    while begun.elapsed() < Duration::from_secs(1) {
        let ready = server.get("/readyz").try_send().unwrap();
        if ready.status == 200 {
            // The signal has not come yet.
            continue;
        }
        assert_eq!((ready.status, ready.header("Connection")), (503, Some("close")), "{}", ready.text);
        let list = server.get("/v1/producers").try_send().unwrap();
        assert_eq!((list.status, list.header("Connection")), (200, Some("close")), "{}", list.text);
        told += 1;
    }
    assert!(told > 1);
    let address = server.address().to_owned();
    let (status, said) = server.wait(Duration::from_secs(30));
    assert!(status.success() && !said.contains("is not heard"), "{said}");
    assert!(std::net::TcpStream::connect(&address).is_err());
}

#[test]
fn a_kill_in_the_middle_loses_nothing_that_was_acknowledged_and_repeats_nothing() {
    let place = Place::new();
    let mut server = place.serve();
    let key = admin_key(&place);
    let parties: Vec<Value> = [("a", "producer", "cooperative"), ("b", "buyer", "supermarket")]
        .iter()
        .map(|(side, capacity, kind)| {
            let body = json!({"name": capacity, "legal_form": "other", "province": "79", *capacity: {"kind": kind}});
            let id = server.post("/v1/organisations", &body).key(&key).send().expect(201).id();
            json!({"organisation_id": id, "side": side, "capacity": capacity})
        })
        .collect();
    // Half of the clients register producers, half memoranda as signed.
    let body_of = |client: usize, name: &str| match client % 2 {
        0 => ("producers", a_body(name)),
        _ => ("mous", json!({"title": name, "status": "signed", "signed_on": "2020-10-27", "parties": parties, "illustrative": true})),
    };
    let acknowledged: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());
    for round in 0..3 {
        let killed = AtomicBool::new(false);
        let unanswered: Mutex<Vec<(usize, String)>> = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for client in 0..8 {
                let (server, key, acknowledged, unanswered, killed, body_of) =
                    (&server, &key, &acknowledged, &unanswered, &killed, &body_of);
                scope.spawn(move || {
                    for n in 0.. {
                        let name = format!("{round}-{client}-{n}");
                        let (collection, body) = body_of(client, &name);
                        let request = server.post(&format!("/v1/{collection}"), &body).key(key).header("Idempotency-Key", &name);
                        match request.try_send() {
                            Ok(answer) => {
                                let path = answer.expect(201).header("Location").unwrap().to_owned();
                                acknowledged.lock().unwrap().insert((name, path));
                            }
                            Err(error) => {
                                assert!(killed.load(Ordering::Acquire), "{error}");
                                unanswered.lock().unwrap().push((client, name));
                                return;
                            }
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(300 + 70 * round));
            killed.store(true, Ordering::Release);
            server.signal("KILL");
        });
        let next = place.serve();
        drop(std::mem::replace(&mut server, next));
        // What had no answer is asked again, as a script does: it is there once, whether or not it was stored.
        for (client, name) in unanswered.into_inner().unwrap() {
            let (collection, body) = body_of(client, &name);
            let answer = server.post(&format!("/v1/{collection}"), &body).key(&key).header("Idempotency-Key", &name).send().expect(201);
            acknowledged.lock().unwrap().insert((name, answer.header("Location").unwrap().to_owned()));
        }
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    let names: BTreeSet<&String> = acknowledged.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), acknowledged.len(), "one record a request");
    let mut numbers = BTreeSet::new();
    for (name, path) in &acknowledged {
        let read = server.get(path).send().expect(200).json();
        assert_eq!(read.get("name").or(read.get("title")), Some(&json!(name)));
        if let Some(number) = read["number"].as_str() {
            assert!(numbers.insert(number.rsplit('-').next().unwrap().parse::<usize>().unwrap()), "{number} twice");
        }
    }
    assert!(numbers.len() > 8 && numbers.iter().copied().eq(1..=numbers.len()), "{numbers:?}");
    // One of the producers is a party.
    assert_eq!(producers(&place) - 1, i64::try_from(acknowledged.len() - numbers.len()).unwrap());
    assert_eq!(count(&mut place.db(), "SELECT count(*) AS n FROM mous"), i64::try_from(numbers.len()).unwrap());
    assert_whole_log(&place);
}

#[test]
fn a_setting_that_is_unknown_or_wrong_stops_the_start_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("CUNGCAU_PORT", "80"),
        ("CUNGCAU_LISTEN", "8080"),
        ("CUNGCAU_INSTANCE", "sóc trăng"),
        ("CUNGCAU_DEMO", "yes"),
        ("CUNGCAU_LOG", "=loud="),
        ("DATABASE_URL", "mysql://u:secret@host/db"),
        ("DATABASE_URL", "host=localhost dbname=x"),
    ] {
        let mut command = program(folder.path());
        command.arg("serve").env(name, value);
        let words = refusal(command);
        assert!(words.starts_with(&format!("cungcau: {name}")), "{words}");
        assert!(!words.contains("secret"), "{words}");
    }
    for (argument, value) in [("--listen", "8080"), ("--database-url", "cungcau.db"), ("--database-url", "mysql://u:secret@h/d")] {
        let mut command = program(folder.path());
        command.args(["serve", argument, value]);
        let words = refusal(command);
        assert!(words.contains(argument) && !words.contains("secret"), "{words}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no file was made");
}

#[test]
fn a_server_refuses_a_schema_that_is_newer_than_itself() {
    let place = Place::new();
    assert!(place.command(&["migrate"]).output().unwrap().status.success());
    let sql = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231235959')";
    match &mut place.db() {
        Db::Sqlite(connection) => connection.batch_execute(sql),
        Db::Postgres(connection) => connection.batch_execute(sql),
    }
    .unwrap();
    let words = refusal(place.command(&["serve", "--listen", "127.0.0.1:0"]));
    assert!(words.contains("newer than this program knows") && words.contains("29991231235959"), "{words}");
    assert!(!place.data().join("admin-key.txt").exists());
}

#[test]
fn an_instance_keeps_its_name() {
    let place = Place::new();
    let mut first = place.command(&["migrate"]);
    assert!(first.env("CUNGCAU_INSTANCE", "SOCTRANG").output().unwrap().status.success());
    let mut other = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    other.env("CUNGCAU_INSTANCE", "CANTHO");
    let words = refusal(other);
    assert!(words.contains("CANTHO") && words.contains("SOCTRANG"), "{words}");
    let server = place.serve();
    let made = server.post("/v1/producers", &a_body("A")).key(&admin_key(&place)).send().expect(201);
    assert_eq!(made.json()["origin"], "SOCTRANG");
}

#[test]
fn keys_are_made_beside_a_running_server() {
    let place = Place::new();
    let server = place.serve();
    let output = place
        .command(&["keys", "create", "--role", "officer", "--province", "94@2020-10-27", "--name", "Sở Công Thương"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let key = said.lines().find(|line| line.starts_with("cc_live_")).unwrap().to_owned();
    let made = server.post("/v1/producers", &a_body("A")).key(&key).send().expect(201);
    let other = json!({"name": "B", "legal_form": "cooperative", "province": "79", "producer": {"kind": "cooperative"}});
    server.post("/v1/producers", &other).key(&key).send().expect(403);
    let id = made.id();
    for (arguments, word) in [
        (vec!["--role", "officer"], "/province"),
        (vec!["--role", "producer"], "/organisation"),
        (vec!["--role", "producer", "--organisation", "org_0"], "unknown_reference"),
        (vec!["--role", "admin", "--days", "366"], "/days"),
        (vec!["--role", "king"], "one of: admin"),
        (vec!["--role", "officer", "--province", "Atlantis"], "--province"),
    ] {
        let words = refusal(place.command(&[vec!["keys", "create"], arguments.clone()].concat()));
        assert!(words.contains(word), "{arguments:?}: {words}");
    }
    let output = place.command(&["keys", "create", "--role", "producer", "--organisation", &id]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let key = said.lines().find(|line| line.starts_with("cc_live_")).unwrap();
    let path = format!("/v1/producers/{id}");
    let patch = server.request("PATCH", &path).json(&json!({"address": "Số 1"})).header("If-Match", &made.etag()).key(key);
    patch.send().expect(200);
    assert_whole_log(&place);
}

#[test]
fn the_program_tells_its_document_and_whether_a_server_is_ready() {
    let place = Place::new();
    let output = place.command(&["openapi"]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), crate::support::document::text());
    let server = place.serve();
    let url = format!("http://{}/readyz", server.address());
    assert!(place.command(&["healthcheck", "--url", &url]).status().unwrap().success());
    let missing = format!("http://{}/nothing", server.address());
    assert!(refusal(place.command(&["healthcheck", "--url", &missing])).contains("404"));
    drop(server);
    refusal(place.command(&["healthcheck", "--url", &url]));
}
