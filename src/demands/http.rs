//! `POST /v1/demands/{id}/close`

use super::collection::Demands;
use crate::closing::close_route;
use crate::http::route::Route;

/// Routes beside those of every collection.
pub fn routes() -> Vec<Route> {
    vec![close_route::<Demands>()]
}
