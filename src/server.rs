//! The HTTP server: workers, limits of connections, the documentation page, and a graceful stop.

use crate::app::{App, routes};
use crate::error::{Problem, Result};
use crate::http::door::Door;
use crate::http::edge::edge;
use crate::http::headers::PAGE_PATH;
use crate::http::route::{get_route, register, with_405};
use crate::http::{pace, path_member};
use crate::operation;
use actix_http::{HttpService, Protocol};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App as ActixApp, Error, HttpRequest, HttpResponse, HttpServer, Resource, Route};
use std::net::TcpListener;
use std::time::Duration;
use utoipa_swagger_ui::Config;

/// How long a connection may rest between requests.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long the head of a request may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection that is closed may take to say that it knows.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Connections that wait to be let in: a burst of them is not told to come back after a second, as the system does when
/// there is no room.
const BACKLOG: i32 = 4096;
/// From the signal to the closed door: a balancer notices meanwhile that `/readyz` is 503.
const DRAIN: Duration = Duration::from_millis(1_500);
/// What runs may finish within this many seconds; with the drain it stays under 30.
const FINISH_SECONDS: u64 = 27;

/// What a listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    Whole,
    /// Everything but what only operators need to know: that has a listener of its own.
    Public,
}

/// A server on `listener`, not yet running. It obeys [`stop`] alone, no signal.
///
/// # Errors
/// When the listener can't be used.
pub fn server(app: &Data<App>, listener: TcpListener, workers: usize, extent: Extent) -> std::io::Result<actix_web::dev::Server> {
    let app = app.clone();
    socket2::SockRef::from(&listener).listen(BACKLOG)?;
    let builder = actix_server::Server::build().workers(workers).shutdown_timeout(FINISH_SECONDS).disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    // What `actix_web::HttpServer` does, with a door before each connection.
    let builder = builder.listen("http", listener, move || {
        let routes = match extent {
            Extent::Whole => routes(),
            Extent::Public => operation::without_details(routes()),
        };
        let service = ActixApp::new()
            .app_data(app.clone())
            .app_data(PayloadConfig::new(crate::http::BATCH_BODY_LIMIT))
            .service(page("/docs", get_route().to(async || web::Redirect::to(PAGE_PATH))).wrap(from_fn(edge)))
            .service(page("/docs/{file:.*}", get_route().to(documentation_file)).app_data(Data::new(documentation())).wrap(from_fn(edge)))
            .configure(|config| register(config, &routes));
        if app.sheds {
            pace::watch();
        }
        let stopping = stopping.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .finish(map_config(service.into_factory().map_err(|error: Error| error.error_response()), |()| AppConfig::default()));
        let app = app.clone();
        fn_service(move |connection: TcpStream| {
            let peer = connection.peer_addr().ok();
            let door = Door::new(connection, app.clone());
            async move { Ok((door, Protocol::Http1, peer)) }
        })
        .and_then(http)
    })?;
    Ok(builder.run())
}

/// A server on `listener` for operators alone: how the service is, in detail. It obeys [`stop`] too.
///
/// # Errors
/// When the listener can't be used.
pub fn operations_server(app: &Data<App>, listener: TcpListener) -> std::io::Result<actix_web::dev::Server> {
    let app = app.clone();
    let server = HttpServer::new(move || {
        let routes = operation::of_operators(routes());
        ActixApp::new().app_data(app.clone()).configure(|config| register(config, &routes))
    })
    // A scrape and a probe now and then.
    .workers(1)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_TIMEOUT)
    .shutdown_timeout(FINISH_SECONDS)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

/// A resource of the documentation page, which is no operation of the document but refuses as they do.
fn page(path: &str, read: Route) -> Resource {
    with_405(web::resource(path).route(read), "GET, HEAD".to_owned())
}

/// The page at `/docs/`: Swagger UI out of the program itself, no network.
fn documentation() -> Config<'static> {
    Config::new(["/openapi.json"]).validator_url("none")
}

/// Swagger UI's own service can't be wrapped: the edge keeps the request, which is still being routed there.
async fn documentation_file(request: HttpRequest, config: Data<Config<'static>>) -> Result<HttpResponse> {
    let file = utoipa_swagger_ui::serve(path_member(&request, "file"), config.into_inner())
        .map_err(|error| Problem::internal(error.to_string()))?;
    let file = file.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().content_type(file.content_type).body(file.bytes.into_owned()))
}

/// Stops without losing a request: answers say `Connection: close`, then no new connection is taken, then
/// what runs is finished. The operators' listener stays open until then: there one sees that the process is stopping.
pub async fn stop(app: &App, handle: &ServerHandle, operations: Option<&ServerHandle>) {
    app.drain();
    handle.pause().await;
    tokio::time::sleep(DRAIN).await;
    let theirs = async {
        if let Some(operations) = operations {
            operations.stop(true).await;
        }
    };
    tokio::join!(handle.stop(true), theirs);
}

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// When the signals can't be listened to.
pub async fn signalled() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
