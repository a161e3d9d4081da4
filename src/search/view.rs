//! Through whose eyes the index is asked.

use crate::access::{Caller, Role};
use crate::market::Market;
use crate::market::matching::View;
use crate::market::record::{Id, Rows, Visibility};

/// What `caller` sees of prices and ceilings (settled by their visibility): everybody's, those for keys, its own, and those
/// about which it was introduced.
pub fn view_of<'a>(caller: &Caller, market: &'a Market) -> View<'a> {
    let level = match caller.role {
        None | Some(Role::Producer | Role::Partner) => Visibility::Public,
        Some(Role::Buyer | Role::Officer) => Visibility::Keys,
        // An auditor reads everything.
        Some(Role::Admin | Role::Auditor) => Visibility::Hidden,
    };
    let own = caller.organisation_id.as_deref().and_then(Id::parse);
    View {
        level,
        organisation: own.and_then(|id| market.organisations().row(id)),
        provinces: Rows::of(caller.own_provinces().into_iter().map(crate::reference::ProvinceId::row)),
        introduced: own.map(|id| market.introductions().opened_to(id)).unwrap_or_default(),
    }
}
