//! `/v1/audit`: the audit log in pages, and whole as NDJSON or CSV.

use super::model::Entry;
use super::sealer::seal;
use super::store::{FILTERS, list as rows};
use crate::access::table::rule;
use crate::app::App;
use crate::error::{Code, Problem, Result, text};
use crate::http::answer::Answer;
use crate::http::auth::{Permitted, operation};
use crate::http::page::{After, Page, invalid_cursor, seal as seal_cursor};
use crate::http::query::{Args, CURSOR, Kind, LIMIT, Param, param};
use crate::http::route::{Doc, Route, get_route, schema_of};
use actix_web::http::{Method, header};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{Stream, stream};
use serde_json::json;

operation!(ListAudit = "list_audit");
operation!(GetAuditExport = "get_audit_export");
operation!(GetAuditTable = "get_audit_table");

const SORTS: &[&str] = &["-created", "created"];
const SORT: Param = param("sort", Kind::Word(SORTS), "Order of the items: newest first unless asked otherwise.");
/// Rows of one read of an export.
const EXPORT_PAGE: i64 = 1_000;

/// Routes of the audit log.
pub fn routes() -> Vec<Route> {
    let route = |path: &str, operation, handler, doc: Doc| Route {
        method: Method::GET,
        path: path.into(),
        operation,
        handler,
        doc: Doc { tag: "audit", problems: vec![Code::Unauthenticated, Code::Forbidden], schemas: vec![schema_of::<Entry>], ..doc },
    };
    vec![
        route(
            "/v1/audit",
            "list_audit",
            || get_route().to(list),
            Doc {
                summary: "List the audit log".into(),
                description: "Every mutation, everybody who was shown personal data and why, and everybody who was refused, counted. Rows are numbered without gaps, and each holds the hash of itself and the row before; `cungcau audit verify` checks them against the changes of the register and the signed checkpoints outside the database. All that was committed before the request is in it.".into(),
                params: FILTERS.iter().copied().chain([SORT, LIMIT, CURSOR]).collect(),
                answers: vec![(200, "application/json", Some("AuditEntryPage".into()), None)],
                ..Doc::default()
            },
        ),
        route(
            "/v1/audit/export",
            "get_audit_export",
            || get_route().to(export),
            Doc {
                summary: "Export the audit log as NDJSON".into(),
                description: "The rows that the filters choose, oldest first, one JSON object a line.".into(),
                params: FILTERS.to_vec(),
                answers: vec![(200, "application/x-ndjson", None, None)],
                ..Doc::default()
            },
        ),
        route(
            "/v1/audit/export.csv",
            "get_audit_table",
            || get_route().to(table),
            Doc {
                summary: "Export the audit log as CSV".into(),
                description: "The same for a spreadsheet: a head, then one row a line, in UTF-8. A cell that a spreadsheet would take for a formula begins with an apostrophe.".into(),
                params: FILTERS.to_vec(),
                answers: vec![(200, "text/csv", None, None)],
                ..Doc::default()
            },
        ),
    ]
}

/// Seals what is committed, so that the caller finds it. While that can't be done the rows that are sealed can be read.
async fn catch_up(app: &App) {
    if let Err(problem) = seal(app).await {
        tracing::warn!(cause = %problem, "the audit log was not sealed before it was read");
    }
}

/// The filters, and what else is taken.
///
/// # Errors
/// 400; an operation that there is not is never in the log, and an empty answer would say that nobody did it.
fn read(request: &HttpRequest, more: &[Param]) -> Result<Args> {
    let args = Args::parse(request.query_string(), &[FILTERS, more])?;
    if let Some(operation) = args.get("operation").filter(|operation| rule(operation, None).is_none()) {
        let unknown = text(
            format!("There is no operation {operation}; they stand in openapi.json, such as get_mou."),
            format!("Không có thao tác {operation}; các thao tác nằm trong openapi.json, ví dụ get_mou."),
        );
        return Err(Problem::parameter("operation", "unknown_operation", unknown));
    }
    Ok(args)
}

async fn list(_permit: Permitted<ListAudit>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = read(&request, &[SORT, LIMIT, CURSOR])?;
    let page = Page::read(&args, SORTS, "audit", app.cursor_secret())?;
    let after = page.after.as_ref().map(|after| after.id.parse().map_err(|_| invalid_cursor())).transpose()?;
    catch_up(&app).await;
    let secret = app.cursor_secret().to_vec();
    let body = app
        .store
        .read(move |db| {
            let mut items = rows(db, &args, after, page.sort.starts_with('-'), page.rows())?;
            let more = page.cut(&mut items);
            let last = items.last().filter(|_| more).map(|last| After { key: String::new(), id: last.seq.to_string() });
            let next = last.map(|last| seal_cursor(&last, "audit", &args.fingerprint(), &secret));
            Ok(json!({"items": items, "next_cursor": next}).to_string())
        })
        .await?;
    Ok(no_store(Answer::ok(body).into_response()))
}

/// Which key was used when is about people.
fn no_store(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

async fn export(_permit: Permitted<GetAuditExport>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = read(&request, &[])?;
    catch_up(&app).await;
    let lines = |entries: &[Entry], _first| {
        let mut text = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut text, entry).map_err(Problem::internal)?;
            text.push(b'\n');
        }
        Ok(text)
    };
    Ok(attachment("application/x-ndjson", "audit.ndjson", exported(app, args, lines)))
}

async fn table(_permit: Permitted<GetAuditTable>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let args = read(&request, &[])?;
    catch_up(&app).await;
    Ok(attachment("text/csv; charset=utf-8", "audit.csv", exported(app, args, csv)))
}

fn attachment(media: &str, name: &str, body: impl Stream<Item = Result<Bytes>> + 'static) -> HttpResponse {
    let response = HttpResponse::Ok()
        .content_type(media)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(body);
    no_store(response)
}

/// The chosen rows, page by page: an export holds one page in memory, and no transaction open between two.
fn exported(app: Data<App>, args: Args, write: fn(&[Entry], bool) -> Result<Vec<u8>>) -> impl Stream<Item = Result<Bytes>> {
    // After which row; none when the last page was written.
    stream::try_unfold(Some(0), move |after: Option<i64>| {
        let (app, args) = (app.clone(), args.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let page = app.store.read(move |db| rows(db, &args, Some(after), false, EXPORT_PAGE)).await?;
            let next = page.last().map(|last| last.seq).filter(|_| i64::try_from(page.len()) == Ok(EXPORT_PAGE));
            Ok(Some((Bytes::from(write(&page, after == 0)?), next)))
        }
    })
}

/// Rows as CSV, under the head where they are the first.
fn csv(entries: &[Entry], first: bool) -> Result<Vec<u8>> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    if first {
        writer.write_record(CSV_HEAD).map_err(Problem::internal)?;
    }
    for entry in entries {
        let text = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let record = [
            entry.seq.to_string(),
            entry.recorded_at.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            entry.action.as_str().to_owned(),
            text(&entry.operation),
            text(&entry.code),
            text(&entry.actor_key_id),
            cell(&entry.actor_role),
            text(&entry.actor_organisation_id),
            text(&entry.entity),
            text(&entry.entity_id),
            number(entry.version),
            text(&entry.organisation_id),
            text(&entry.reason),
            entry.times.to_string(),
            number(entry.first_change),
            number(entry.last_change),
            text(&entry.changes_digest),
            entry.hash.clone(),
        ];
        writer.write_record(record).map_err(Problem::internal)?;
    }
    writer.into_inner().map_err(Problem::internal)
}

const CSV_HEAD: [&str; 18] = [
    "seq",
    "recorded_at",
    "action",
    "operation",
    "code",
    "actor_key_id",
    "actor_role",
    "actor_organisation_id",
    "entity",
    "entity_id",
    "version",
    "organisation_id",
    "reason",
    "times",
    "first_change",
    "last_change",
    "changes_digest",
    "hash",
];

/// A cell's text, which no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for (text, expected) in [("=1+1", "'=1+1"), ("+84", "'+84"), ("-1", "'-1"), ("@a", "'@a"), ("Kiểm tra", "Kiểm tra"), ("", "")] {
            assert_eq!(cell(text), expected);
        }
    }
}
