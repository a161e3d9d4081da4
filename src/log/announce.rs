//! How other processes hear at once that the log has grown: `PostgreSQL`'s LISTEN and NOTIFY.
//!
//! The announcement is part of the statement that takes the numbers, so that it costs no round trip, and is delivered
//! at the commit, or never. The lock which `PostgreSQL` takes for it at the commit is held no longer than that on the head
//! row, behind which all writers of the log wait in turn anyway. Nobody depends on it: who misses it finds the new head
//! when it looks the next time.

use crate::db::Db;
use crate::db::schema::feed_head;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// The channel of this register: several may stand in one database, each in its schema. A name has 63 bytes at most.
const CHANNEL: &str = "left('cungcau_' || current_schema(), 63)";

/// Takes the next `n` numbers of the log and announces the last of them, which it returns.
pub(super) fn take_numbers(db: &mut Db, n: i64) -> QueryResult<i64> {
    let taken = diesel::update(feed_head::table).set(feed_head::head.eq(feed_head::head + n));
    match db {
        Db::Sqlite(connection) => taken.returning(feed_head::head).get_result(connection),
        Db::Postgres(connection) => {
            let announced = format!("head + 0 * length(pg_notify({CHANNEL}, head::text)::text)");
            taken.returning(sql::<BigInt>(&announced)).get_result(connection)
        }
    }
}

/// From now on this connection is told of new heads. `SQLite` tells nothing.
///
/// # Errors
/// What the database says.
pub fn listen(db: &mut Db) -> QueryResult<()> {
    let Db::Postgres(connection) = db else { return Ok(()) };
    let channel: String = diesel::select(sql::<Text>(&format!("quote_ident({CHANNEL})"))).get_result(connection)?;
    connection.batch_execute(&format!("LISTEN {channel}"))
}

/// The newest head of which this connection was told since it was asked last. Does not wait, and asks the server nothing.
///
/// # Errors
/// When the connection is gone.
pub fn announced(db: &mut Db) -> QueryResult<Option<i64>> {
    let Db::Postgres(connection) = db else { return Ok(None) };
    let mut newest = None;
    for told in connection.notifications_iter() {
        newest = newest.max(told?.payload.parse().ok());
    }
    Ok(newest)
}
