//! Who may do what ([`table`]) and who may see which column ([`columns`]): two tables, read here and nowhere else.
//!
//! A handler has a [`Permit`] for its operation before it reads a body; what depends on the record is asked
//! of the permit inside the transaction ([`Permit::require`]).

pub mod columns;
pub mod scopes;
pub mod table;

use crate::db::text_enum;
use crate::error::{Code, Problem, Result, text};
use crate::reference::{ProvinceId, reference};
use scopes::Scope;
use serde::Serialize;
use table::{Rule, rule};

text_enum! {
    /// What an API key is for.
    Role {
        /// Runs the instance.
        Admin = "admin",
        /// Of one province's department.
        Officer = "officer",
        /// Reads everything, writes nothing.
        Auditor = "auditor",
        /// Acts for a producer.
        Producer = "producer",
        /// Acts for a buyer.
        Buyer = "buyer",
        /// Another instance.
        Partner = "partner",
    }
}

/// Who is asking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The key, when there is one; of a person with a token a name that tells nothing else of the person.
    pub key_id: Option<String>,
    /// The first of the keys that replaced one another up to this one; none of a person.
    pub family_id: Option<String>,
    /// Its role; none for an anonymous caller.
    pub role: Option<Role>,
    /// The organisation it acts for.
    pub organisation_id: Option<String>,
    /// The province of an officer, as given when the key was made, or by the token.
    pub province_id: Option<ProvinceId>,
    /// What the key or token may do within its role; everything when there is none.
    pub scopes: Vec<Scope>,
}

/// Whose a record is: the organisations that own it, and the provinces they are in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Owners {
    /// Organisations.
    pub organisations: Vec<String>,
    /// Units, as recorded.
    pub provinces: Vec<ProvinceId>,
    /// Of a key: itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Organisations that the owner was brought together with about this record: they own nothing of it.
    #[serde(skip)]
    pub introduced: Vec<String>,
}

impl Owners {
    /// One organisation in one province.
    pub fn one(organisation_id: &str, province_id: ProvinceId) -> Self {
        Self { organisations: vec![organisation_id.to_owned()], provinces: vec![province_id], ..Self::default() }
    }

    /// A record that belongs to a province alone, such as an event.
    pub fn province(province_id: ProvinceId) -> Self {
        Self { provinces: vec![province_id], ..Self::default() }
    }

    /// A key, which is its own.
    pub fn key(key_id: &str) -> Self {
        Self { key_id: Some(key_id.to_owned()), ..Self::default() }
    }
}

/// How much of a record a caller sees. Ordered: a higher sight sees what a lower one sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// What everybody sees.
    Public,
    /// What the organisations concerned see as well.
    Parties,
    /// What the officers of the provinces concerned, auditors and administrators see as well.
    Officers,
}

impl Caller {
    /// The program itself: loading the demo, command line.
    pub fn system() -> Self {
        Self { role: Some(Role::Admin), ..Self::default() }
    }

    /// Whether the record is the caller's own: its organisation's, or in its province or a unit that this one succeeded.
    pub fn owns(&self, owners: &Owners) -> bool {
        let by_organisation = self.organisation_id.as_ref().is_some_and(|id| owners.organisations.contains(id));
        let by_province = || {
            let own = self.own_provinces();
            owners.provinces.iter().any(|province| own.contains(province))
        };
        let by_key = owners.key_id.is_some() && owners.key_id == self.key_id;
        by_organisation || by_key || by_province()
    }

    /// Whether the caller's organisation was brought together with the owner about the record.
    pub fn is_introduced_to(&self, owners: &Owners) -> bool {
        self.organisation_id.as_ref().is_some_and(|id| owners.introduced.contains(id))
    }

    /// The units whose records are an officer's own; none for any other caller.
    pub fn own_provinces(&self) -> Vec<ProvinceId> {
        let provinces = &reference().provinces;
        self.province_id.filter(|_| self.role == Some(Role::Officer)).map_or_else(Vec::new, |id| provinces.closure(provinces.current(id)))
    }

    /// The scope that the key lacks for `operation`.
    fn missing_scope(&self, operation: &str) -> Option<Scope> {
        if self.scopes.is_empty() {
            return None;
        }
        Scope::needed(operation).filter(|needed| !self.scopes.iter().any(|scope| scope.opens(*needed)))
    }

    /// Whether the caller may give somebody `scopes`, of which none are all.
    ///
    /// # Errors
    /// 403 with the scope that it lacks: a key that was made for less makes none that may do more.
    pub fn may_grant(&self, scopes: &[Scope]) -> Result<()> {
        if self.scopes.is_empty() {
            return Ok(());
        }
        let granted = if scopes.is_empty() { &[Scope::ALL][..] } else { scopes };
        let lacks = granted.iter().find(|wanted| !self.scopes.iter().any(|scope| scope.opens(**wanted)));
        lacks.map_or(Ok(()), |wanted| Err(out_of_scope(*wanted)))
    }

    /// How much of a record the caller sees.
    pub fn sight(&self, owners: &Owners) -> Sight {
        match self.role {
            Some(Role::Admin | Role::Auditor) => Sight::Officers,
            Some(Role::Officer) if self.owns(owners) => Sight::Officers,
            Some(_) if self.owns(owners) => Sight::Parties,
            _ => Sight::Public,
        }
    }

    /// Under which name it is counted what the caller asks: who replaces a key has no more of anything. None without a key.
    pub fn counted_as(&self) -> Option<&str> {
        self.family_id.as_deref().or(self.key_id.as_deref())
    }

    /// The name under which idempotency keys are kept apart.
    pub fn name(&self) -> &str {
        self.key_id.as_deref().unwrap_or("anonymous")
    }

    /// One letter for the `ETag`: answers differ by what the caller sees.
    pub fn view_letter(&self) -> char {
        match self.role {
            None => 'p',
            Some(Role::Admin | Role::Auditor) => 'a',
            Some(Role::Officer) => 'o',
            Some(Role::Producer | Role::Buyer | Role::Partner) => 'k',
        }
    }
}

/// The right to run one operation, as far as it does not depend on the record.
#[derive(Debug, Clone)]
pub struct Permit {
    /// Who has it.
    pub caller: Caller,
    /// For which operation.
    pub operation: &'static str,
    rule: Rule,
}

impl Permit {
    /// Looks `operation` up in the table.
    ///
    /// # Errors
    /// 401 without a key where one is needed, 403 where the role may never do it or the key's scopes leave it out, 404
    /// where that is hidden.
    pub fn new(operation: &'static str, caller: Caller) -> Result<Self> {
        let Some(rule) = rule(operation, caller.role) else {
            return Err(Problem::internal(format!("operation {operation} is missing from the access table")));
        };
        match rule {
            Rule::Deny if caller.role.is_none() => Err(unauthenticated(text(
                "This operation needs an API key: Authorization: Bearer cc_live_…",
                "Thao tác này cần khóa API: Authorization: Bearer cc_live_…",
            ))),
            Rule::Deny => Err(Problem::forbidden(text(
                format!("The role of this key or token may not run {operation}."),
                format!("Vai trò của khóa hoặc mã truy cập này không được phép thực hiện {operation}."),
            ))),
            Rule::Hide => Err(Problem::hidden()),
            Rule::Allow | Rule::Own | Rule::OwnElseHide => match caller.missing_scope(operation) {
                None => Ok(Self { caller, operation, rule }),
                Some(needed) => Err(out_of_scope(needed)),
            },
        }
    }

    /// Whether it covers a record of `owners`.
    ///
    /// # Errors
    /// 403 when the record is somebody else's, 404 when that is hidden.
    pub fn require(&self, owners: &Owners) -> Result<()> {
        match self.rule {
            Rule::Allow => Ok(()),
            Rule::Own | Rule::OwnElseHide if self.caller.owns(owners) => Ok(()),
            Rule::OwnElseHide | Rule::Hide => Err(Problem::hidden()),
            Rule::Own | Rule::Deny => Err(Problem::forbidden(text(
                "This key or token may change only the records of its own organisation or province.",
                "Khóa hoặc mã truy cập này chỉ được thay đổi bản ghi của tổ chức hoặc tỉnh của mình.",
            ))),
        }
    }

    /// Whether it covers every record, whosever it is: what a list need not filter.
    pub fn is_for_all(&self) -> bool {
        self.rule == Rule::Allow
    }

    /// The same caller's permit for another operation that this one includes.
    ///
    /// # Errors
    /// As [`Permit::new`].
    pub fn also(&self, operation: &'static str) -> Result<Self> {
        Self::new(operation, self.caller.clone())
    }
}

/// 403 that names the scope, as RFC 6750 has it.
fn out_of_scope(needed: Scope) -> Problem {
    Problem::forbidden(text(
        format!("This key or token was made for less: it needs the scope {needed}."),
        format!("Khóa hoặc mã truy cập này được cấp cho phạm vi hẹp hơn: cần phạm vi {needed}."),
    ))
    .with_header("WWW-Authenticate", format!("Bearer realm=\"cungcau\", error=\"insufficient_scope\", scope=\"{needed}\""))
}

/// 401 for a key or token that was sent and does not hold, as RFC 6750 has it.
pub fn invalid_token(detail: crate::error::Text, description: &str) -> Problem {
    Problem::new(Code::Unauthenticated, detail)
        .with_header("WWW-Authenticate", format!("Bearer realm=\"cungcau\", error=\"invalid_token\", error_description=\"{description}\""))
}

/// 401 with its challenge, which says nothing more to who sent nothing.
pub fn unauthenticated(detail: crate::error::Text) -> Problem {
    Problem::new(Code::Unauthenticated, detail).with_header("WWW-Authenticate", "Bearer realm=\"cungcau\"")
}
