//! From a request to a permit: the extractor that every handler has for its operation.

use crate::access::Permit;
use crate::app::App;
use crate::error::Problem;
use crate::http::address::{client_address, shared};
use crate::http::limits::Who;
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;

/// An operation of the document.
pub trait Operation: 'static {
    /// Its id there and in the access table.
    const ID: &'static str;
    /// What it answers from.
    const ANSWERS_FROM: Source = Source::Database;
}

/// The operation that a request asks for, for the audit log.
#[derive(Debug, Clone, Copy)]
pub struct Asked(pub &'static str);

/// What an operation answers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The database: without it there is no answer, and so no need to know the caller.
    Database,
    /// The memory of this process: while the database is away it goes on, for callers who were known a moment ago.
    Memory,
}

/// A caller who may run operation `O`: as an argument of a handler it stands before the body is read.
#[derive(Debug)]
pub struct Permitted<O: Operation> {
    permit: Permit,
    operation: PhantomData<O>,
}

impl<O: Operation> Permitted<O> {
    /// The permit itself.
    pub fn into_inner(self) -> Permit {
        self.permit
    }
}

impl<O: Operation> Deref for Permitted<O> {
    type Target = Permit;
    fn deref(&self) -> &Permit {
        &self.permit
    }
}

impl<O: Operation> FromRequest for Permitted<O> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Some(app) = request.app_data::<Data<App>>() else { return Err(Problem::internal("the application is not registered")) };
            request.extensions_mut().insert(Asked(O::ID));
            let caller = app.keys.authenticate(app, &request, O::ANSWERS_FROM).await?;
            let address = client_address(&request, &app.proxies).map(shared);
            let who = caller.counted_as().map(Who::Key).or(address.map(Who::Address));
            if let Some(who) = who {
                let (counter, refused) = app.limits.take(who, O::ID);
                if let Some(counter) = counter {
                    request.extensions_mut().insert(counter);
                }
                refused.map_or(Ok(()), Err)?;
            }
            Ok(Self { permit: Permit::new(O::ID, caller)?, operation: PhantomData })
        })
    }
}

/// Names an operation that is not one of a collection's: `operation!(SearchOffers = "search_offers", Memory)`.
macro_rules! operation {
    ($name:ident = $id:literal) => {
        $crate::http::auth::operation!($name = $id, Database);
    };
    ($name:ident = $id:literal, $source:ident) => {
        #[doc = concat!("Operation `", $id, "`.")]
        #[derive(Debug)]
        pub struct $name;
        impl $crate::http::auth::Operation for $name {
            const ID: &'static str = $id;
            const ANSWERS_FROM: $crate::http::auth::Source = $crate::http::auth::Source::$source;
        }
    };
}
pub(crate) use operation;
