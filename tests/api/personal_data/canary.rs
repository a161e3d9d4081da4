//! Unmistakable values go through every door there is; after the erasure no table, list, history, log line or file of the
//! database holds them. The same look before the erasure finds them, and nowhere but where they belong.

use crate::support::document::operations;
use crate::support::process::{Place, Server};
use crate::support::{Response, Value, json};
use chrono::{Days, Utc};
use cungcau::access::columns::COLUMNS;
use cungcau::db::{Db, Target};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use std::collections::BTreeSet;
use std::path::Path;

/// As they are told: a name, a number, a second number, an address, a code of an individual.
const NAME: &str = "Canarinh Thị Vẹtxanh";
const PHONE: &str = "0935 719 264";
const SECOND: &str = "0935 719 286";
const EMAIL: &str = "canarinh.vetxanh@vetxanh-canarinh.vn";
const CODE: &str = "094191735264";

/// In what they would be found, lower case: with and without accents, and digits with what people put between them. Whole
/// numbers: six digits of one stand in a digest by chance once in some dozens of runs.
fn traces() -> Vec<String> {
    let mut traces: Vec<String> = ["canarinh", "vẹtxanh", "vetxanh", CODE].map(str::to_owned).to_vec();
    for number in [PHONE, SECOND] {
        let subscriber = number.trim_start_matches('0');
        traces.extend(["", " ", ".", "-"].map(|between| subscriber.replace(' ', between)));
    }
    traces
}

fn traces_in(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    traces().into_iter().filter(|trace| text.contains(trace.as_str())).collect()
}

fn holds(bytes: &[u8]) -> bool {
    !traces_in(&String::from_utf8_lossy(bytes)).is_empty()
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(db: &mut Db, sql: &str) -> Vec<String> {
    let rows: Vec<Line> = match db {
        Db::Sqlite(connection) => sql_query(sql).load(connection),
        Db::Postgres(connection) => sql_query(sql).load(connection),
    }
    .unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

/// The tables in whose rows a trace stands, every column as text.
fn tables_with_traces(place: &Place) -> BTreeSet<String> {
    let mut db = place.db();
    let mut found = BTreeSet::new();
    for (table, columns) in COLUMNS {
        let whole: Vec<String> = columns.iter().map(|(column, _)| format!("coalesce(CAST(\"{column}\" AS TEXT), '')")).collect();
        let rows = lines(&mut db, &format!("SELECT {} AS line FROM {table}", whole.join(" || '|' || ")));
        for row in rows.iter().filter(|row| !traces_in(row).is_empty()) {
            eprintln!("{table}: {:?} in {row}", traces_in(row));
            found.insert((*table).to_owned());
        }
    }
    if let Db::Postgres(connection) = &mut db {
        // What the planner samples of the values.
        connection.batch_execute("ANALYZE").unwrap();
        let sampled = "SELECT coalesce(most_common_vals::text, '') || coalesce(histogram_bounds::text, '') AS line FROM pg_stats WHERE schemaname = current_schema()";
        if lines(&mut db, sampled).iter().any(|line| !traces_in(line).is_empty()) {
            found.insert("pg_stats".into());
        }
    }
    found
}

/// The files of the database in whose bytes a trace stands; none where they can't be read.
fn files_with_traces(place: &Place) -> Option<BTreeSet<String>> {
    let folder = match place.target() {
        Target::Sqlite(_) => place.data(),
        Target::Postgres(_) => {
            let mut db = place.db();
            if let Db::Postgres(connection) = &mut db {
                // Everything that was committed onto the disk, and files that were dropped off it.
                connection.batch_execute("CHECKPOINT").ok()?;
            }
            let folder = lines(&mut db, "SELECT current_setting('data_directory') AS line").pop()?;
            // The write-ahead log beside it holds what was written until its segments are recycled: see `db::scrub`.
            Path::new(&folder).join("base")
        }
    };
    let mut found = BTreeSet::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()? {
            let path = entry.ok()?.path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path).is_ok_and(|bytes| holds(&bytes)) {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                found.insert(name);
            }
        }
    }
    Some(found)
}

/// A register with a person in it, on a server of its own.
struct Register {
    place: Place,
    server: Server,
    key: String,
    producer: String,
    mou: String,
    contact: String,
    introduction: String,
    buyer_key: String,
}

impl Register {
    fn post(&self, path: &str, body: Value) -> Response {
        self.server.post(path, &body).key(&self.key).send()
    }

    fn get(&self, path: &str) -> Response {
        self.server.get(path).key(&self.key).send()
    }
}

fn day(ahead: u64) -> String {
    (Utc::now().date_naive() + Days::new(ahead)).to_string()
}

fn a_person() -> Value {
    json!({
        "kind": "person", "purpose": "trade", "ground": "consent", "visibility": "matched", "name": NAME, "position": format!("Thư ký của {NAME}"),
        "phone": PHONE, "email": EMAIL, "consent": {"given_on": "2026-10-27", "channel": "event", "text_version": "2026-01"},
        "retention_until": day(300), "illustrative": true
    })
}

/// Puts the person through every door: made, made again, tried, refused, changed, deleted, shown in each way.
fn a_register_that_knows_the_person() -> Register {
    let place = Place::new();
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("CUNGCAU_LOG", "debug").env("CUNGCAU_DAILY_DISCLOSURES", "500");
    let server = Server::start(command);
    let key = std::fs::read_to_string(place.data().join("admin-key.txt")).unwrap().trim().to_owned();
    let nothing = String::new;
    let register = Register {
        place,
        server,
        key,
        producer: nothing(),
        mou: nothing(),
        contact: nothing(),
        introduction: nothing(),
        buyer_key: nothing(),
    };

    let producer = register.post("/v1/producers", json!({"name": "Hộ kinh doanh Bông Súng (minh họa)", "legal_form": "household_business", "tax_code": CODE, "province": "92", "illustrative": true, "producer": {"kind": "household_business"}})).expect(201).id();
    let buyer = register.post("/v1/buyers", json!({"name": "Siêu thị Ba Sao (minh họa)", "legal_form": "joint_stock_company", "province": "79", "illustrative": true, "buyer": {"kind": "supermarket"}})).expect(201).id();
    let product = register
        .post("/v1/products", json!({"producer_id": producer, "name": "Hành tím", "group": "N1.2.a", "illustrative": true}))
        .expect(201)
        .id();
    let offer = register
        .post(
            "/v1/offers",
            json!({"product_id": product, "quantity": "5", "unit": "TAN", "available_from": "2026-01-01", "illustrative": true}),
        )
        .expect(201)
        .id();
    let demand = register.post("/v1/demands", json!({"buyer_id": buyer, "title": "Hành tím", "text": "hành tím", "quantity": "5", "unit": "TAN", "starts_on": day(30), "ends_on": day(90), "delivery_province": "01", "illustrative": true})).expect(201).id();
    let mou = register.post("/v1/mous", json!({"title": "Biên bản ghi nhớ", "status": "signed", "signed_on": "2026-11-20", "illustrative": true, "parties": [{"organisation_id": producer, "side": "a", "capacity": "producer"}, {"organisation_id": buyer, "side": "b", "capacity": "buyer"}]})).expect(201).header("Location").unwrap().to_owned();
    let make_key = |role: &str, organisation: &str| {
        register.post("/v1/keys", json!({"name": "minh họa", "role": role, "organisation_id": organisation})).expect(201).json()["key"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (producer_key, buyer_key) = (make_key("producer", &producer), make_key("buyer", &buyer));

    let list = format!("/v1/organisations/{producer}/contacts");
    let made = || register.server.post(&list, &a_person()).key(&producer_key).header("Idempotency-Key", PHONE).send().expect(201);
    let contact = made().header("Location").unwrap().to_owned();
    assert_eq!(made().header("Idempotency-Replayed"), Some("true"));
    register.server.post(&format!("{list}?validate_only=true"), &a_person()).key(&producer_key).send().expect(200);
    let mut wrong = a_person();
    (wrong["kind"], wrong["phone"], wrong["consent"]) = (json!("mailbox"), json!(format!("{PHONE} x")), Value::Null);
    register.server.post(&list, &wrong).key(&producer_key).send().expect(422);
    wrong["kind"] = json!(NAME);
    register.server.post(&list, &wrong).key(&producer_key).send().expect(400);
    let patch = json!({"phone": SECOND, "position": format!("Phụ tá của {NAME}")});
    let patched = register.server.request("PATCH", &contact).json(&patch).key(&producer_key).header("If-Match", "*").send().expect(200);
    assert_eq!(patched.json()["phone"], "+84935719286");
    // Others whose rows move the person's about in the file, and one of the person that is deleted.
    for n in 0..30 {
        let mut other = a_person();
        (other["name"], other["phone"], other["email"]) =
            (json!(format!("Người khác {n}")), json!(format!("08123456{n:02}")), json!(format!("khac{n}@example.vn")));
        other["position"] = json!("x".repeat(150));
        register.server.post(&list, &other).key(&producer_key).send().expect(201);
    }
    let second = register.post(&list, a_person()).expect(201).header("Location").unwrap().to_owned();
    register.server.request("DELETE", &second).key(&producer_key).header("If-Match", "*").send().expect(204);
    let introduced =
        register.server.post("/v1/introductions", &json!({"demand_id": demand, "offer_id": offer})).key(&buyer_key).send().expect(201).id();
    register.server.post(&format!("/v1/introductions/{introduced}/accept"), &json!({})).key(&producer_key).send().expect(200);
    let introduction = format!("/v1/introductions/{introduced}/contacts");
    let shown = register.server.get(&introduction).key(&buyer_key).send().expect(200);
    assert!(!traces_in(&shown.text).is_empty());
    let reason = |text: String| register.post(&format!("{contact}/disclose"), json!({"reason": text}));
    reason(format!("Gọi cho {NAME} hôm nay")).expect(422);
    let shown = reason("Xác minh hồ sơ hội nghị".into()).expect(200);
    assert!(!traces_in(&shown.text).is_empty());
    Register { producer, mou, contact, introduction, buyer_key, ..register }
}

/// Every answer that the register gives by itself: all lists, and what is about the producer and the contact.
fn answers(register: &Register) -> Vec<(String, String)> {
    let mut asked: Vec<String> = Vec::new();
    for operation in operations().iter().filter(|operation| operation.method == "GET") {
        let path = operation.path.replace("{contact}", register.contact.rsplit('/').next().unwrap()).replace("{id}", &register.producer);
        if !path.contains('{') {
            asked.push(path);
        }
    }
    for question in [
        "/v1/products?q=canarinh",
        "/v1/products?q=0935719264",
        "/v1/suggestions?q=cana",
        "/v1/suggestions?q=v%E1%BA%B9t",
        "/v1/producers?name=canarinh",
        &register.mou,
    ] {
        asked.push(question.to_owned());
    }
    asked
        .into_iter()
        .map(|path| {
            let text = register.get(&path).text;
            (path, text)
        })
        .collect()
}

#[test]
fn after_an_erasure_nothing_holds_the_person() {
    let register = a_register_that_knows_the_person();
    let expected: BTreeSet<String> = ["contacts", "personal_codes"].map(str::to_owned).into();
    assert_eq!(tables_with_traces(&register.place), expected, "the look finds it, and nowhere else");
    match files_with_traces(&register.place) {
        Some(files) => assert!(!files.is_empty(), "the look finds it in the files"),
        // A server elsewhere, whose files are another machine's. That of the test suite is this one's.
        None => assert!(std::env::var("PG_DATA").is_err(), "the files can't be read"),
    }
    for (path, text) in answers(&register) {
        assert!(traces_in(&text).is_empty(), "an administrator sees it masked: {path}: {text}");
    }
    let (mou, producer) = (register.get(&register.mou).text, register.get(&format!("/v1/producers/{}", register.producer)).json());

    // Two requests, since a second number of the person stands there too: each finds the contact by one of its values.
    let body =
        json!({"kind": "erasure", "phone": "+84 935 719 286", "email": EMAIL.to_uppercase(), "personal_code": CODE, "channel": "paper"});
    let made =
        register.server.post("/v1/personal-data-requests", &body).key(&register.key).header("Idempotency-Key", "r").send().expect(201);
    let path = made.header("Location").unwrap().to_owned();
    assert_eq!(made.json()["contact_ids"].as_array().unwrap().len(), 1);
    let export = register.get(&format!("{path}/export")).expect(200);
    assert_eq!(export.json()["contacts"][0]["disclosures"].as_array().unwrap().len(), 2);
    assert!(export.text.contains(CODE) && export.text.contains(NAME));
    assert_eq!(register.post(&format!("{path}/erase"), json!({})).expect(200).json()["status"], "done");

    assert_eq!(tables_with_traces(&register.place), BTreeSet::new());
    assert_eq!(files_with_traces(&register.place).unwrap_or_default(), BTreeSet::new());
    for (path, text) in answers(&register) {
        assert!(traces_in(&text).is_empty(), "{path}: {text}");
    }
    register.get(&register.contact).expect(404);
    let history = register.get(&format!("{}/history", register.contact)).expect(200);
    assert_eq!((traces_in(&history.text), history.items().last().unwrap()["operation"].clone()), (Vec::new(), json!("delete")));
    let shown = register.server.get(&register.introduction).key(&register.buyer_key).send().expect(200);
    assert!(traces_in(&shown.text).is_empty() && shown.items().len() == 30, "{}", shown.text);
    let replayed = register.server.post("/v1/personal-data-requests", &body).key(&register.key).header("Idempotency-Key", "r").send();
    assert_eq!((replayed.header("Idempotency-Replayed"), traces_in(&replayed.text)), (Some("true"), Vec::new()));
    let anew = register.post("/v1/personal-data-requests", body).expect(201);
    assert_eq!((&anew.json()["contact_ids"], &anew.json()["organisation_ids"]), (&json!([]), &json!([])));
    // MoUs stay whole, and so does the organisation.
    assert_eq!(register.get(&register.mou).text, mou);
    let now = register.get(&format!("/v1/producers/{}", register.producer)).json();
    assert_eq!((&now["name"], &now["producer"], &now["has_personal_tax_code"]), (&producer["name"], &producer["producer"], &json!(false)));
    let said = register.server.said();
    assert!(said.contains("erase") && traces_in(&said).is_empty(), "the log: {:?}", traces_in(&said));
}
