//! What prices and price ceilings have in common: their words, their checks, and who may see them.

use crate::access::{Caller, Owners, Role};
use crate::db::text_enum;
use crate::decimal::{Amount, CURRENCIES};
use crate::error::{Faults, text};
use serde_json::{Map, Value};

text_enum! {
    /// Where the price holds.
    PriceBasis {
        /// At the producer's gate: giá tại vườn, tại xưởng.
        FarmGate = "farm_gate",
        /// Brought to the buyer: giá giao đến nơi.
        Delivered = "delivered",
    }
}

text_enum! {
    /// Who may see a price or a price ceiling.
    Visibility {
        /// Everybody.
        Public = "public",
        /// Any key of a buyer, officer, auditor or administrator, and its owner.
        Keys = "keys",
        /// Its owner, officers of the owner's province, auditors, administrators, and the other side of an accepted introduction
        /// about this offer or demand.
        Parties = "parties",
        /// Its owner, officers of the owner's province, auditors, administrators.
        Hidden = "hidden",
    }
}

impl Visibility {
    /// Whether `caller` may see what belongs to `owners`.
    ///
    /// An auditor reads everything.
    pub fn is_shown_to(self, caller: &Caller, owners: &Owners) -> bool {
        let own = matches!(caller.role, Some(Role::Admin | Role::Auditor)) || caller.owns(owners);
        match self {
            Self::Public => true,
            Self::Keys => own || matches!(caller.role, Some(Role::Buyer | Role::Officer)),
            Self::Parties => own || caller.is_introduced_to(owners),
            Self::Hidden => own,
        }
    }
}

/// Whether member `name` of a record stays hidden from `caller`: its own `visibility` decides, and one that can't be
/// read hides it.
pub fn is_hidden(object: &Map<String, Value>, name: &str, caller: &Caller, owners: &Owners) -> bool {
    object.get(name).is_some_and(|price| {
        let stated = price.get("visibility").and_then(Value::as_str).and_then(|word| word.parse::<Visibility>().ok());
        !stated.unwrap_or(Visibility::Hidden).is_shown_to(caller, owners)
    })
}

/// Checks amount and currency of the price at `pointer`; the code of the currency as the table spells it.
pub fn check_amount(faults: &mut Faults, pointer: &str, amount: Amount, currency: &str) -> Option<String> {
    if amount.0 <= 0 {
        faults.add(&format!("{pointer}/amount"), "not_positive", text("More than zero.", "Phải lớn hơn 0."));
    }
    let Some((code, decimals)) = CURRENCIES.iter().find(|(code, _)| code.eq_ignore_ascii_case(currency.trim())) else {
        let codes: Vec<&str> = CURRENCIES.iter().map(|(code, _)| *code).collect();
        let codes = codes.join(", ");
        faults.add(&format!("{pointer}/currency"), "unknown_currency", text(format!("One of: {codes}."), format!("Một trong: {codes}.")));
        return None;
    };
    if amount.0 % 10_i64.pow(2_u32.saturating_sub(*decimals)) != 0 {
        faults.add(
            &format!("{pointer}/amount"),
            "too_fine",
            text(format!("{code} has {decimals} decimal places."), format!("{code} có {decimals} chữ số thập phân.")),
        );
    }
    Some((*code).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::reference;
    use serde_json::json;

    fn caller(role: Role) -> Caller {
        Caller { role: Some(role), ..Caller::default() }
    }

    fn province(input: &str) -> crate::reference::ProvinceId {
        reference().provinces.resolve(input, "2026-11-23".parse().unwrap()).unwrap()
    }

    fn everybody() -> Vec<(&'static str, Caller)> {
        let of = |role, organisation: &str| Caller { organisation_id: Some(organisation.into()), ..caller(role) };
        let officer = |place: &str| Caller { province_id: Some(province(place)), ..caller(Role::Officer) };
        vec![
            ("anonymous", Caller::default()),
            ("owner", of(Role::Producer, "org_1")),
            ("another producer", of(Role::Producer, "org_2")),
            ("buyer", of(Role::Buyer, "org_3")),
            ("introduced", of(Role::Buyer, "org_4")),
            ("officer here", officer("92")),
            ("officer elsewhere", officer("91")),
            ("auditor", caller(Role::Auditor)),
            ("partner", caller(Role::Partner)),
            ("admin", caller(Role::Admin)),
        ]
    }

    // Settled question 6, caller by caller.
    #[test]
    fn each_visibility_is_for_exactly_these_callers() {
        let owners = Owners { introduced: vec!["org_4".into()], ..Owners::one("org_1", province("94@2020-10-27")) };
        let seeing = |visibility: Visibility| -> Vec<&str> {
            everybody().into_iter().filter(|(_, caller)| visibility.is_shown_to(caller, &owners)).map(|(name, _)| name).collect()
        };
        assert_eq!(seeing(Visibility::Public).len(), 10);
        assert_eq!(seeing(Visibility::Keys), ["owner", "buyer", "introduced", "officer here", "officer elsewhere", "auditor", "admin"]);
        assert_eq!(seeing(Visibility::Parties), ["owner", "introduced", "officer here", "auditor", "admin"]);
        assert_eq!(seeing(Visibility::Hidden), ["owner", "officer here", "auditor", "admin"]);
    }

    #[test]
    fn a_price_whose_visibility_cannot_be_read_is_hidden() {
        let owners = Owners::one("org_1", province("92"));
        for price in [json!({}), json!({"visibility": "everyone"}), json!("5"), json!({"visibility": 1})] {
            let object = json!({"price": price}).as_object().unwrap().clone();
            assert!(is_hidden(&object, "price", &caller(Role::Buyer), &owners));
            assert!(!is_hidden(&object, "price", &caller(Role::Admin), &owners));
        }
        assert!(!is_hidden(&Map::new(), "price", &Caller::default(), &owners), "what is absent is not hidden");
    }

    #[test]
    fn an_amount_has_no_more_places_than_its_currency() {
        let codes = |amount: &str, currency: &str| {
            let mut faults = Faults::new();
            let _ = check_amount(&mut faults, "/price", amount.parse().unwrap(), currency);
            let found = faults.into_result().err().map(|problem| problem.errors().iter().map(|f| f.code).collect::<Vec<_>>());
            found.unwrap_or_default()
        };
        assert!(codes("25000", "vnd").is_empty());
        assert_eq!(codes("25000.5", "VND"), ["too_fine"]);
        assert!(codes("1.25", "USD").is_empty());
        assert_eq!(codes("0", "XYZ"), ["not_positive", "unknown_currency"]);
    }
}
