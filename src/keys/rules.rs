//! What a key may be, and what becomes of it.

use super::KeyText;
use super::model::{Key, KeyRequest, KeyRevocation, network};
use super::store;
use crate::access::Role;
use crate::access::scopes::{Scope, areas};
use crate::check;
use crate::db::Json;
use crate::error::{Code, Faults, Problem, Result, text};
use crate::log::{self, Operation, Tx};
use chrono::TimeDelta;

/// A key lives at most a year.
const LONGEST_LIFE_DAYS: i64 = 365;
/// Scopes and networks of one key.
const MOST_LISTED: usize = 40;
/// A month: longer is two keys, not an overlap.
const LONGEST_OVERLAP_HOURS: i64 = 720;

/// Makes a key; its text is returned this once.
///
/// # Errors
/// 422 with every fault: a role without what it needs, an organisation that isn't there, a life over a year. 403 where the
/// caller's own key may do less than the new one.
pub fn create(tx: &mut Tx<'_>, request: &KeyRequest) -> Result<(Key, KeyText)> {
    let mut faults = Faults::new();
    check_request(request, &mut faults);
    if let Some(id) = &request.organisation_id
        && !store::organisation_exists(tx.db, id)?
    {
        check::unknown_reference(&mut faults, "/organisation_id", "organisation", "tổ chức");
    }
    faults.into_result()?;
    tx.caller.may_grant(&parsed(&request.scopes))?;
    make(tx, request, tx.now + TimeDelta::days(request.days), None)
}

/// The scopes that `texts` name.
fn parsed(texts: &[String]) -> Vec<Scope> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn check_request(request: &KeyRequest, faults: &mut Faults) {
    let KeyRequest { name, role, organisation_id, province_id, scopes, addresses, days } = request;
    check::line(faults, "/name", name, check::LINE_LIMIT);
    if *role == Role::Officer && province_id.is_none() {
        faults.add("/province", "missing", text("An officer's key needs a province.", "Khóa của cán bộ cần có tỉnh."));
    }
    if *role != Role::Officer && province_id.is_some() {
        faults.add("/province", "not_applicable", text("Only an officer's key has a province.", "Chỉ khóa của cán bộ có tỉnh."));
    }
    if matches!(role, Role::Producer | Role::Buyer) && organisation_id.is_none() {
        faults.add(
            "/organisation_id",
            "missing",
            text("This role acts for an organisation: name it.", "Vai trò này đại diện cho một tổ chức: hãy nêu tổ chức."),
        );
    }
    if !(1..=LONGEST_LIFE_DAYS).contains(days) {
        faults.add("/days", "out_of_range", text("A key lives 1 to 365 days.", "Khóa có hiệu lực từ 1 đến 365 ngày."));
    }
    for (pointer, list) in [("/scopes", scopes), ("/addresses", addresses)] {
        if list.len() > MOST_LISTED {
            faults.add(pointer, "too_long", text(format!("At most {MOST_LISTED}."), format!("Tối đa {MOST_LISTED}.")));
        }
    }
    for (index, scope) in scopes.iter().enumerate() {
        if scope.parse::<Scope>().is_err() {
            let areas = areas().join(", ");
            faults.add(
                &format!("/scopes/{index}"),
                "unknown_scope",
                text(
                    format!("A scope is an area and read or write, such as mous:write or *:read. Areas: {areas}."),
                    format!("Phạm vi gồm mảng và read hoặc write, ví dụ mous:write hoặc *:read. Các mảng: {areas}."),
                ),
            );
        }
    }
    for (index, address) in addresses.iter().enumerate() {
        if network(address).is_none() {
            faults.add(
                &format!("/addresses/{index}"),
                "not_an_address",
                text(
                    "An IP address or a network is expected, such as 203.0.113.7 or 2001:db8::/32.",
                    "Cần một địa chỉ IP hoặc dải mạng, ví dụ 203.0.113.7 hoặc 2001:db8::/32.",
                ),
            );
        }
    }
}

/// Makes a key, of `family` where it replaces another.
fn make(tx: &mut Tx<'_>, request: &KeyRequest, expires_at: chrono::NaiveDateTime, family: Option<&str>) -> Result<(Key, KeyText)> {
    let id = tx.new_id("key")?;
    let family_id = family.unwrap_or(&id).to_owned();
    let key_text = KeyText::generate(id.trim_start_matches("key_"), tx.randomness()).map_err(Problem::internal)?;
    let KeyRequest { name, role, organisation_id, province_id, scopes, addresses, days: _ } = request.clone();
    let key = Key {
        id,
        digest: key_text.digest(),
        last_four: key_text.last_four(),
        name,
        role,
        organisation_id,
        province_id,
        created_at: tx.now,
        expires_at,
        revoked_at: None,
        version: 1,
        scopes: Json::new(scopes),
        addresses: Json::new(addresses),
        replaced_by_id: None,
        revocation_reason: None,
        family_id,
    };
    store::insert(tx.db, &key)?;
    tx.record(Operation::Create, "key", &key.id, 1, &key)?;
    Ok((key, key_text))
}

/// Makes a key like `old`, which goes on for `overlap_hours` at most; the new one lives as long as the old one was made for.
///
/// # Errors
/// 409 when it no longer holds or was replaced before; 422 for an overlap over a month; 403 for a key that may do more than
/// the caller's.
pub(super) fn rotate(tx: &mut Tx<'_>, old: &Key, overlap_hours: i64) -> Result<(Key, KeyText)> {
    if !(0..=LONGEST_OVERLAP_HOURS).contains(&overlap_hours) {
        let mut faults = Faults::new();
        faults.add(
            "/overlap_hours",
            "out_of_range",
            text(format!("0 to {LONGEST_OVERLAP_HOURS} hours."), format!("Từ 0 đến {LONGEST_OVERLAP_HOURS} giờ.")),
        );
        faults.into_result()?;
    }
    if !old.holds(tx.now) || old.replaced_by_id.is_some() {
        return Err(Problem::new(
            Code::IllegalTransition,
            text(
                "Only a key that holds and has no successor is replaced: make a new one.",
                "Chỉ thay được khóa còn hiệu lực và chưa có khóa thay thế: hãy tạo khóa mới.",
            ),
        ));
    }
    // What a scope that is no more opened cannot be granted either; a key's own successor may do the same as it.
    if tx.caller.key_id.as_ref() != Some(&old.id) {
        tx.caller.may_grant(&parsed(old.scopes.get()))?;
    }
    let request = KeyRequest {
        name: old.name.clone(),
        role: old.role,
        organisation_id: old.organisation_id.clone(),
        province_id: old.province_id,
        scopes: old.scopes.get().clone(),
        addresses: old.addresses.get().clone(),
        days: LONGEST_LIFE_DAYS,
    };
    // An old key that was itself cut short by nothing: its life is what it was made for.
    let life = (old.expires_at - old.created_at).min(TimeDelta::days(LONGEST_LIFE_DAYS));
    let (new, key_text) = make(tx, &request, tx.now + life, Some(&old.family_id))?;
    let expires_at = old.expires_at.min(tx.now + TimeDelta::hours(overlap_hours));
    change(tx, old, Key { expires_at, replaced_by_id: Some(new.id.clone()), ..old.clone() })?;
    Ok((new, key_text))
}

/// Revokes `key`, and unless told otherwise the keys that it has made to replace it: who stole it has stolen them. One that
/// was revoked before stays as it is.
///
/// # Errors
/// 422 for a reason that is no line.
pub(super) fn revoke(tx: &mut Tx<'_>, key: Key, revocation: &KeyRevocation) -> Result<Key> {
    let KeyRevocation { reason, keep_successors } = revocation;
    let mut faults = Faults::new();
    check::maybe_line(&mut faults, "/reason", reason.as_deref(), check::LINE_LIMIT);
    faults.into_result()?;
    let mut last = key.clone();
    while let (false, Some(next)) = (keep_successors.unwrap_or(false), last.replaced_by_id.clone()) {
        if log::maker(tx.db, "key", &next)?.as_ref() != Some(&last.id) {
            break;
        }
        let Some(successor) = store::load(tx.db, &next)? else { break };
        last = revoke_one(tx, successor, reason.as_deref())?;
    }
    revoke_one(tx, key, reason.as_deref())
}

fn revoke_one(tx: &mut Tx<'_>, key: Key, reason: Option<&str>) -> Result<Key> {
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    change(tx, &key, Key { revoked_at: Some(tx.now), revocation_reason: reason.map(ToOwned::to_owned), ..key.clone() })
}

fn change(tx: &mut Tx<'_>, current: &Key, next: Key) -> Result<Key> {
    let next = Key { version: current.version + 1, ..next };
    if !store::update(tx.db, current, &next)? {
        return Err(Problem::unavailable("the key changed meanwhile").contended());
    }
    tx.record(Operation::Update, "key", &next.id, next.version, &next)?;
    Ok(next)
}
