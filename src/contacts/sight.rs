//! Who sees a contact, and how much of it.

use super::mask;
use super::model::{Contact, ContactView, ContactVisibility};
use crate::access::{Caller, Owners, Sight};

/// How much of a contact's values somebody sees, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    /// Masked.
    Masked,
    /// As they are.
    Clear,
}

/// How `caller` sees a contact of this visibility of an organisation of `owners`; none where he may not know of it.
pub(super) fn shown(caller: &Caller, owners: &Owners, visibility: ContactVisibility) -> Option<Shown> {
    let is_own = caller.organisation_id.as_ref().is_some_and(|id| owners.organisations.contains(id));
    match visibility {
        _ if is_own => Some(Shown::Clear),
        ContactVisibility::Public => Some(Shown::Clear),
        _ if caller.sight(owners) == Sight::Officers => Some(Shown::Masked),
        ContactVisibility::Matched if caller.role.is_some() => Some(Shown::Masked),
        ContactVisibility::Matched | ContactVisibility::Officers => None,
    }
}

/// The visibilities of which `caller` may know.
pub(super) fn known_to(caller: &Caller, owners: &Owners) -> Vec<ContactVisibility> {
    let all = [ContactVisibility::Public, ContactVisibility::Matched, ContactVisibility::Officers];
    all.into_iter().filter(|visibility| shown(caller, owners, *visibility).is_some()).collect()
}

/// The contact as `caller` sees it; none where he may not know of it.
pub(crate) fn view(contact: &Contact, caller: &Caller, owners: &Owners) -> Option<ContactView> {
    view_up_to(Shown::Clear, contact, caller, owners)
}

/// The same, no clearer than `most`: who changes a contact is not shown by it what he did not see before.
pub(super) fn view_up_to(most: Shown, contact: &Contact, caller: &Caller, owners: &Owners) -> Option<ContactView> {
    let sight = caller.sight(owners);
    Some(match shown(caller, owners, contact.visibility)?.min(most) {
        Shown::Clear => clear(contact, sight),
        Shown::Masked => masked(contact, sight),
    })
}

/// The contact with its values.
pub(crate) fn clear(contact: &Contact, sight: Sight) -> ContactView {
    ContactView {
        masked: false,
        name: contact.name.clone(),
        position: contact.position.clone(),
        phone: contact.phone.clone(),
        email: contact.email.clone(),
        ..without_values(contact, sight)
    }
}

/// The contact with its values masked. A position is left out: in a small organisation it names its holder.
fn masked(contact: &Contact, sight: Sight) -> ContactView {
    ContactView {
        name: contact.name.as_deref().map(mask::name),
        phone: contact.phone.as_deref().map(mask::phone),
        email: contact.email.as_deref().map(mask::email),
        ..without_values(contact, sight)
    }
}

/// What may be kept of an answer: everything but the values.
pub(super) fn without_values(contact: &Contact, sight: Sight) -> ContactView {
    let consent = contact.consent().map(|mut consent| {
        if sight < Sight::Officers {
            consent.recorded_by_key_id = None;
        }
        consent
    });
    let concerned = sight > Sight::Public;
    ContactView {
        id: contact.id.clone(),
        version: contact.version,
        origin: contact.origin.clone(),
        created_at: contact.created_at,
        updated_at: contact.updated_at,
        organisation_id: contact.organisation_id.clone(),
        kind: contact.kind,
        purpose: contact.purpose,
        visibility: contact.visibility,
        masked: true,
        name: None,
        position: None,
        phone: None,
        email: None,
        ground: contact.ground.filter(|_| concerned),
        consent: consent.filter(|_| concerned),
        retention_until: contact.retention_until.filter(|_| concerned),
        illustrative: contact.illustrative,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;
    use crate::reference::reference;

    #[test]
    fn who_sees_what_is_one_table() {
        let day = "2020-10-27".parse().unwrap();
        let province = |code: &str| reference().provinces.resolve(code, day).unwrap();
        let today = "2026-11-23".parse().unwrap();
        let owners = Owners::one("org_a", province("94"));
        let caller = |role, organisation: Option<&str>, province_id| Caller {
            key_id: Some("key_1".into()),
            family_id: None,
            role: Some(role),
            organisation_id: organisation.map(str::to_owned),
            province_id,
            scopes: Vec::new(),
        };
        let successor = reference().provinces.resolve("92", today).unwrap();
        let (c, m) = (Some(Shown::Clear), Some(Shown::Masked));
        for (who, caller, expected) in [
            ("anonymous", Caller::default(), [c, None, None]),
            ("another producer", caller(Role::Producer, Some("org_b"), None), [c, m, None]),
            ("a buyer", caller(Role::Buyer, Some("org_b"), None), [c, m, None]),
            ("a partner", caller(Role::Partner, None, None), [c, m, None]),
            ("an officer elsewhere", caller(Role::Officer, None, Some(province("01"))), [c, m, None]),
            ("its own key", caller(Role::Producer, Some("org_a"), None), [c, c, c]),
            ("an officer of the successor", caller(Role::Officer, None, Some(successor)), [c, m, m]),
            ("an auditor", caller(Role::Auditor, None, None), [c, m, m]),
            ("an administrator", caller(Role::Admin, None, None), [c, m, m]),
        ] {
            let found = [ContactVisibility::Public, ContactVisibility::Matched, ContactVisibility::Officers]
                .map(|visibility| shown(&caller, &owners, visibility));
            assert_eq!(found, expected, "{who}");
        }
    }
}
