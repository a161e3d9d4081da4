//! The schema: both migration trees, `db/schema.rs` and the access columns say the same, and a newer one is refused.

use crate::support::{Database, TestApp, execute};
use cungcau::access::columns::COLUMNS;
use cungcau::db::{Db, Store, is_current, migrate, revert_all};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{Bool, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Columns of a table, in their order: name, type, whether NULL may stand there.
type Columns = Vec<(String, String, bool)>;

/// The tables as `src/db/schema.rs` has them.
fn declared() -> BTreeMap<String, Columns> {
    let source = include_str!("../../src/db/schema.rs");
    let mut tables = BTreeMap::new();
    for block in source.split("diesel::table! {").skip(1) {
        let mut lines = block.lines().map(str::trim).filter(|line| !line.is_empty());
        let name = lines.next().unwrap().split_whitespace().next().unwrap().to_owned();
        let mut columns = Columns::new();
        let mut renamed: Option<String> = None;
        for line in lines.take_while(|line| *line != "}") {
            if let Some(name) = line.strip_prefix("#[sql_name = \"").and_then(|rest| rest.strip_suffix("\"]")) {
                renamed = Some(name.to_owned());
            } else if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ") {
                let bare = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
                columns.push((renamed.take().unwrap_or_else(|| column.to_owned()), bare.unwrap_or(kind).to_owned(), bare.is_some()));
            }
        }
        assert!(!columns.is_empty(), "{name}");
        tables.insert(name, columns);
    }
    assert!(tables.len() >= 20, "{tables:?}");
    tables
}

#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    of_table: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

/// The tables as the migrations make them.
fn migrated(db: &mut Db) -> BTreeMap<String, Columns> {
    let rows: Vec<Column> = match db {
        Db::Sqlite(connection) => diesel::sql_query(
            "SELECT m.name AS of_table, c.name AS name, c.type AS kind, c.\"notnull\" = 0 AS nullable
             FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid",
        )
        .load(connection),
        Db::Postgres(connection) => diesel::sql_query(
            "SELECT table_name::text AS of_table, column_name::text AS name, data_type::text AS kind, is_nullable = 'YES' AS nullable
             FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position",
        )
        .load(connection),
    }
    .unwrap();
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for row in rows.into_iter().filter(|row| !row.of_table.starts_with("__diesel")) {
        let kind = match row.kind.to_lowercase().as_str() {
            "text" => "Text",
            "bigint" => "BigInt",
            "integer" => "Integer",
            "boolean" => "Bool",
            "date" => "Date",
            "timestamp" | "timestamp without time zone" => "Timestamp",
            other => panic!("{}.{} is {other}", row.of_table, row.name),
        };
        tables.entry(row.of_table).or_default().push((row.name, kind.to_owned(), row.nullable));
    }
    tables
}

#[test]
fn the_migrations_make_the_tables_that_the_code_knows() {
    let database = Database::unmigrated();
    let mut db = database.connect();
    migrate(&mut db).unwrap();
    let (declared, migrated) = (declared(), migrated(&mut db));
    assert_eq!(declared.keys().collect::<Vec<_>>(), migrated.keys().collect::<Vec<_>>());
    for (table, columns) in &declared {
        assert_eq!(columns, &migrated[table], "{table}");
    }
}

/// Everything that a schema consists of, as the database words it.
fn definition(db: &mut Db) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let lines: Vec<Line> = match db {
        Db::Sqlite(connection) => {
            diesel::sql_query("SELECT type || ' ' || name || ': ' || coalesce(sql, '') AS line FROM sqlite_master WHERE name NOT LIKE '%diesel%' ORDER BY 1")
                .load(connection)
        }
        Db::Postgres(connection) => diesel::sql_query(
            "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(collation_name, '') AS line
                 FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE '%diesel%'
             UNION ALL
             SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
                 FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND conrelid::regclass::text NOT LIKE '%diesel%'
             UNION ALL
             SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename NOT LIKE '%diesel%'
             ORDER BY 1",
        )
        .load(connection),
    }
    .unwrap();
    lines.into_iter().map(|row| row.line).collect()
}

#[test]
fn up_down_and_up_again_makes_the_same_schema() {
    let database = Database::unmigrated();
    let mut db = database.connect();
    assert_eq!(definition(&mut db), Vec::<String>::new());
    assert!(is_current(&mut db).is_err());
    migrate(&mut db).unwrap();
    assert!(is_current(&mut db).unwrap());
    let first = definition(&mut db);
    assert!(first.len() > 40, "{first:#?}");
    revert_all(&mut db).unwrap();
    assert_eq!(definition(&mut db), Vec::<String>::new(), "down leaves nothing behind");
    migrate(&mut db).unwrap();
    assert_eq!(definition(&mut db), first);
    // Once more changes nothing.
    migrate(&mut db).unwrap();
    assert_eq!(definition(&mut db), first);
}

#[test]
fn both_trees_say_the_same_but_for_the_collation_and_the_planners_samples() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let names = |tree: &str| -> BTreeSet<String> {
        std::fs::read_dir(format!("{root}/{tree}")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    let statements = |tree: &str, migration: &str, file: &str| -> Vec<String> {
        let text = std::fs::read_to_string(format!("{root}/{tree}/{migration}/{file}")).unwrap().replace(" COLLATE \"C\"", "");
        // SQLite samples no values.
        let is_shared = |line: &&str| !line.is_empty() && !line.starts_with("--") && !line.contains(" SET STATISTICS ");
        text.lines().map(str::trim).filter(is_shared).map(str::to_owned).collect()
    };
    for migration in names("sqlite") {
        for file in ["up.sql", "down.sql"] {
            assert_eq!(statements("sqlite", &migration, file), statements("postgres", &migration, file), "{migration}/{file}");
        }
    }
}

#[test]
fn text_sorts_by_bytes_on_both_databases() {
    let app = TestApp::start();
    if let Db::Postgres(connection) = &mut app.db() {
        #[derive(diesel::QueryableByName)]
        struct Name {
            #[diesel(sql_type = Text)]
            name: String,
        }
        let others: Vec<Name> = diesel::sql_query(
            "SELECT table_name || '.' || column_name AS name FROM information_schema.columns
             WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'",
        )
        .load(connection)
        .unwrap();
        let others: Vec<String> = others.into_iter().map(|row| row.name).collect();
        assert_eq!(others, Vec::<String>::new(), "columns without COLLATE \"C\"");
    }
}

#[test]
fn every_column_has_a_decision_who_sees_it() {
    let declared: BTreeMap<String, BTreeSet<String>> =
        declared().into_iter().map(|(table, columns)| (table, columns.into_iter().map(|(name, _, _)| name).collect())).collect();
    let decided: BTreeMap<String, BTreeSet<String>> = COLUMNS
        .iter()
        .map(|(table, columns)| ((*table).to_owned(), columns.iter().map(|(name, _)| (*name).to_owned()).collect()))
        .collect();
    assert_eq!(decided.len(), COLUMNS.len(), "a table stands twice in access::columns");
    assert_eq!(declared.keys().collect::<Vec<_>>(), decided.keys().collect::<Vec<_>>());
    for (table, columns) in &declared {
        assert_eq!(columns, &decided[table], "{table}: left is the schema, right access::columns");
    }
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let database = Database::fresh();
    let mut db = database.connect();
    let sql = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231235959')";
    match &mut db {
        Db::Sqlite(connection) => connection.batch_execute(sql),
        Db::Postgres(connection) => connection.batch_execute(sql),
    }
    .unwrap();
    let before = definition(&mut db);
    let words = migrate(&mut db).unwrap_err().to_string();
    assert!(words.contains("newer") && words.contains("29991231235959"), "{words}");
    assert!(!is_current(&mut db).unwrap());
    assert_eq!(definition(&mut db), before);
}

#[test]
fn a_server_on_a_schema_that_is_not_current_is_alive_and_not_ready() {
    let app = TestApp::start();
    execute(&app, "DELETE FROM __diesel_schema_migrations");
    app.get("/healthz").send().expect(200);
    assert_eq!(app.get("/readyz").send().expect(503).problem_code(), "unavailable");
}

#[test]
fn several_processes_may_migrate_at_once() {
    let database = Database::unmigrated();
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| migrate(&mut database.connect()))).collect();
        for one in all {
            one.join().unwrap().unwrap();
        }
    });
    assert!(is_current(&mut database.connect()).unwrap());
    drop(Store::open(&database.target).unwrap());
}
