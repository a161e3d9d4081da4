//! Events: conferences and fairs at which MoUs are signed, and their summary for the report.

mod collection;
mod http;
mod model;
mod store;

pub use collection::Events;
pub use http::routes;
pub use model::{Event, EventKind, EventStatus, EventView, NewEvent};
pub use store::names;
