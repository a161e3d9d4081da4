//! How other processes hear at once that the log has grown: `PostgreSQL`'s LISTEN and NOTIFY.
//!
//! The announcement is part of the statement that takes the numbers, so that it costs no round trip, and is delivered
//! at the commit, or never. The lock which `PostgreSQL` takes for it at the commit is held no longer than that on the head
//! row, behind which all writers of the log wait in turn anyway. Nobody depends on it: who misses it finds the new head
//! when it looks the next time.

use crate::db::{Db, each};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;

/// The channel of this register: several may stand in one database, each in its schema. A name has 63 bytes at most.
const CHANNEL: &str = "left('cungcau_' || current_schema(), 63)";

/// The statement that takes numbers. As diesel's own `update` it would be prepared anew for every transaction, and on
/// `PostgreSQL` that is a round trip under the lock of the head row.
#[derive(Debug, Clone, Copy, QueryId)]
struct TakeNumbers {
    n: i64,
}

impl Query for TakeNumbers {
    type SqlType = BigInt;
}

impl<Conn> RunQueryDsl<Conn> for TakeNumbers {}

impl QueryFragment<Sqlite> for TakeNumbers {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE feed_head SET head = head + ");
        out.push_bind_param::<BigInt, _>(&self.n)?;
        out.push_sql(" RETURNING head");
        Ok(())
    }
}

impl QueryFragment<Pg> for TakeNumbers {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE feed_head SET head = head + ");
        out.push_bind_param::<BigInt, _>(&self.n)?;
        out.push_sql(" RETURNING head + 0 * length(pg_notify(");
        out.push_sql(CHANNEL);
        out.push_sql(", head::text)::text)");
        Ok(())
    }
}

/// Takes the next `n` numbers of the log and announces the last of them, which it returns.
pub(super) fn take_numbers(db: &mut Db, n: i64) -> QueryResult<i64> {
    each!(db, |connection| TakeNumbers { n }.get_result(connection))
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
