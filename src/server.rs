//! The HTTP server: workers, limits of connections, the documentation page, and a graceful stop.

use crate::app::{App, routes};
use crate::error::{Problem, Result};
use crate::http::course::HEAD_TIMEOUT;
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
use actix_web::{App as ActixApp, Error, HttpRequest, HttpResponse, Resource, Route};
use std::net::TcpListener;
use std::time::Duration;
use utoipa_swagger_ui::Config;

/// How long a connection may rest between requests.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a connection that is closed may take to say that it knows.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Connections that wait to be let in: a burst of them is not told to come back after a second, as the system does when
/// there is no room.
const BACKLOG: i32 = 4096;
/// From the signal until no new connection is taken: everybody is served meanwhile, and a balancer notices that `/readyz`
/// is 503.
const DRAIN: Duration = Duration::from_millis(1_500);
/// From then to the closed door: connections that had come are taken, and what was asked on them is begun.
const SETTLE: Duration = Duration::from_millis(300);
/// What runs may finish within this many seconds. Whether it has is looked at once a second, so that with all before, and
/// with the operators' listener after it, a stop takes less than 30.
const FINISH_SECONDS: u64 = 25;
/// The same of a scrape or a probe.
const OPERATORS_FINISH_SECONDS: u64 = 1;

/// What a listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    Whole,
    /// Everything but what only operators need to know: that has a listener of its own.
    Public,
    /// What operators need to know, and nothing else.
    Operators,
}

/// A server on `listener`, not yet running. It obeys [`stop`] alone, no signal.
///
/// # Errors
/// When the listener can't be used.
pub fn server(app: &Data<App>, listener: TcpListener, workers: usize, extent: Extent) -> std::io::Result<actix_web::dev::Server> {
    let app = app.clone();
    socket2::SockRef::from(&listener).listen(BACKLOG)?;
    let finish = if extent == Extent::Operators { OPERATORS_FINISH_SECONDS } else { FINISH_SECONDS };
    let builder = actix_server::Server::build().workers(workers).shutdown_timeout(finish).disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    // What `actix_web::HttpServer` does, with a door before each connection.
    let builder = builder.listen("http", listener, move || {
        let service = ActixApp::new().app_data(app.clone()).app_data(PayloadConfig::new(crate::http::BATCH_BODY_LIMIT));
        let service = service.configure(|config| {
            let routes = match extent {
                Extent::Whole => routes(),
                Extent::Public => operation::without_details(routes()),
                Extent::Operators => operation::of_operators(routes()),
            };
            if extent != Extent::Operators {
                let to_the_page = get_route().to(async || web::Redirect::to(PAGE_PATH));
                let file = page("/docs/{file:.*}", get_route().to(documentation_file)).app_data(Data::new(documentation()));
                config.service(page("/docs", to_the_page).wrap(from_fn(edge))).service(file.wrap(from_fn(edge)));
            }
            register(config, &routes);
        });
        if app.sheds && extent != Extent::Operators {
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
    // A scrape and a probe now and then.
    server(app, listener, 1, Extent::Operators)
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

/// Stops without losing a request. For a while everything goes on, also for those who come now, but answers say
/// `Connection: close` and `/readyz` is 503. Then nobody can connect to `listener` any more, which is that of `handle`; who
/// has connected before is still heard. Then the door is closed, and what runs is finished. The operators' listener is closed
/// last: there one sees until then that the process is stopping.
pub async fn stop(app: &App, handle: &ServerHandle, listener: TcpListener, operations: Option<&ServerHandle>) {
    app.drain();
    tokio::time::sleep(DRAIN).await;
    if let Err(error) = let_nobody_connect(&listener) {
        tracing::info!(cause = %error, "who connects while the door is being closed is not heard");
    }
    // From here on it belongs to the server alone, which closes it.
    drop(listener);
    tokio::time::sleep(SETTLE).await;
    handle.stop(true).await;
    if let Some(operations) = operations {
        operations.stop(true).await;
    }
}

/// From now on `listener` does not hear who wants to connect. A client asks again after a second, and is refused then,
/// or connects to the process that has come instead.
///
/// A listener that is just closed resets the connections that the system has made and nobody has taken.
#[cfg(target_os = "linux")]
fn let_nobody_connect(listener: &TcpListener) -> std::io::Result<()> {
    use socket2::SockFilter;
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    /// Where the flags stand in a TCP header.
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    // Packets that begin a connection are dropped; those of one that is being made, or was made here, are not.
    socket2::SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

#[cfg(not(target_os = "linux"))]
fn let_nobody_connect(_: &TcpListener) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
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
