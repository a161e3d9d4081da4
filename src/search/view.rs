//! Through whose eyes the index is asked.

use crate::access::{Caller, Role};
use crate::market::Market;
use crate::market::matching::View;
use crate::market::record::{Id, Rows, Visibility};

/// What `caller` sees of prices and ceilings (settled by their visibility): everybody's, those for keys, its own.
pub fn view_of(caller: &Caller, market: &Market) -> View {
    let level = match caller.role {
        None | Some(Role::Producer | Role::Partner) => Visibility::Public,
        Some(Role::Buyer | Role::Officer) => Visibility::Keys,
        // An auditor reads everything.
        Some(Role::Admin | Role::Auditor) => Visibility::Hidden,
    };
    let organisation = caller.organisation_id.as_deref().and_then(Id::parse).and_then(|id| market.organisations().row(id));
    View { level, organisation, provinces: Rows::of(caller.own_provinces().into_iter().map(crate::reference::ProvinceId::row)) }
}
