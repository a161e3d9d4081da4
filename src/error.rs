//! What goes wrong, said once: every answer outside 2xx/3xx is a [`Problem`] (RFC 9457).
//!
//! A problem has one [`Code`] of a closed list, which alone decides status and title, a detail in two
//! languages, and a [`Fault`] for each bad member. Which language is sent is decided at the edge
//! (`http::answer`), as is the logging of a cause; causes are never sent.

use actix_web::http::StatusCode;
use serde_json::{Map, Value};
use std::fmt;

/// A sentence in both languages of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: String,
    /// Vietnamese.
    pub vi: String,
}

/// The same sentence in English and Vietnamese.
pub fn text(en: impl Into<String>, vi: impl Into<String>) -> Text {
    Text { en: en.into(), vi: vi.into() }
}

/// The language of an answer's sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English, when nothing else is asked for.
    #[default]
    En,
    /// Vietnamese.
    Vi,
}

impl Text {
    /// The sentence in `language`.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Vi => &self.vi,
        }
    }
}

/// One bad member: where it stands, a stable code, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON Pointer into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// Stable word for programs.
    pub code: &'static str,
    /// For people.
    pub detail: Text,
}

/// All faults of one input, gathered before any is answered.
#[derive(Debug, Default)]
pub struct Faults {
    prefix: String,
    list: Vec<Fault>,
}

impl Faults {
    /// Nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, for a value which stands at `prefix` (a JSON Pointer) of the body.
    pub fn under(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), list: Vec::new() }
    }

    /// Notes a fault at `pointer`, which is relative to this value.
    pub fn add(&mut self, pointer: &str, code: &'static str, detail: Text) {
        self.list.push(Fault { pointer: format!("{}{pointer}", self.prefix), code, detail });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// `Ok` when nothing is wrong.
    ///
    /// # Errors
    /// 422 with every fault.
    pub fn into_result(self) -> Result<(), Problem> {
        if self.list.is_empty() { Ok(()) } else { Err(Problem::invalid(self.list)) }
    }
}

/// What a refusal is called in the audit log.
pub const REFUSALS: &[&str] = &["forbidden", "hidden", "too_many_requests", "unauthenticated"];

/// What kind of problem it is. Stable: clients switch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The body is not JSON, or not JSON that this service takes.
    MalformedJson,
    /// A member is unknown, missing or of the wrong type.
    InvalidBody,
    /// A query parameter, path member or cursor is malformed.
    InvalidParameter,
    /// A header is malformed.
    InvalidHeader,
    /// No key, or one which does not hold.
    Unauthenticated,
    /// The key may not do this.
    Forbidden,
    /// Nothing is there, or nothing that the caller may see.
    NotFound,
    /// The path exists, the method doesn't.
    MethodNotAllowed,
    /// The client takes no JSON.
    NotAcceptable,
    /// The body took too long to arrive.
    RequestTimeout,
    /// Another record has this natural key.
    AlreadyExists,
    /// Other records refer to it.
    InUse,
    /// The status of the `MoU`, offer or demand does not allow it.
    IllegalTransition,
    /// A signed `MoU`, a closed offer or demand is not edited.
    NotEditable,
    /// An offer does not fit a demand.
    NotEligible,
    /// The first request with this idempotency key is still running.
    RequestRunning,
    /// `If-Match` names a version that is no longer the current one.
    PreconditionFailed,
    /// The body is over its limit.
    BodyTooLarge,
    /// The body's media type is not taken here.
    UnsupportedMediaType,
    /// The body is well formed and means something that can't be.
    Invalid,
    /// The idempotency key was used with another request.
    IdempotencyMismatch,
    /// A change needs `If-Match`.
    PreconditionRequired,
    /// The caller asks more than its share.
    TooManyRequests,
    /// Our fault.
    Internal,
    /// The database can't be reached or is too busy.
    Unavailable,
    /// The disk is full: nothing was stored.
    StorageFull,
}

impl Code {
    /// Every code, for the document and its test.
    pub const ALL: [Self; 26] = [
        Self::MalformedJson,
        Self::InvalidBody,
        Self::InvalidParameter,
        Self::InvalidHeader,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::RequestTimeout,
        Self::AlreadyExists,
        Self::InUse,
        Self::IllegalTransition,
        Self::NotEditable,
        Self::NotEligible,
        Self::RequestRunning,
        Self::PreconditionFailed,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::IdempotencyMismatch,
        Self::PreconditionRequired,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
        Self::StorageFull,
    ];

    /// Status, stable word, English title, Vietnamese title: the one table from code to answer.
    #[expect(clippy::too_many_lines, reason = "a table, one entry a code")]
    pub fn facts(self) -> (StatusCode, &'static str, &'static str, &'static str) {
        match self {
            Self::MalformedJson => {
                (StatusCode::BAD_REQUEST, "malformed_json", "The body is not acceptable JSON", "Nội dung không phải JSON hợp lệ")
            }
            Self::InvalidBody => {
                (StatusCode::BAD_REQUEST, "invalid_body", "The body does not have the expected form", "Nội dung không đúng cấu trúc")
            }
            Self::InvalidParameter => {
                (StatusCode::BAD_REQUEST, "invalid_parameter", "A parameter is not acceptable", "Tham số không hợp lệ")
            }
            Self::InvalidHeader => {
                (StatusCode::BAD_REQUEST, "invalid_header", "A header is not acceptable", "Header của yêu cầu không hợp lệ")
            }
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "A valid API key is needed", "Cần khóa API hợp lệ"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "This key may not do that", "Khóa này không có quyền thực hiện"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found", "Không tìm thấy"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed here", "Phương thức không được phép ở đây")
            }
            Self::NotAcceptable => (StatusCode::NOT_ACCEPTABLE, "not_acceptable", "Only JSON can be answered", "Chỉ trả lời bằng JSON"),
            Self::RequestTimeout => {
                (StatusCode::REQUEST_TIMEOUT, "request_timeout", "The request took too long", "Yêu cầu quá thời gian cho phép")
            }
            Self::AlreadyExists => (StatusCode::CONFLICT, "already_exists", "It is registered already", "Đã được đăng ký"),
            Self::InUse => (StatusCode::CONFLICT, "in_use", "Other records refer to it", "Có bản ghi khác tham chiếu đến"),
            Self::IllegalTransition => (
                StatusCode::CONFLICT,
                "illegal_transition",
                "The status does not allow this step",
                "Trạng thái hiện tại không cho phép bước này",
            ),
            Self::NotEligible => {
                (StatusCode::CONFLICT, "not_eligible", "The offer does not fit the demand", "Chào bán không đáp ứng nhu cầu")
            }
            Self::NotEditable => (
                StatusCode::CONFLICT,
                "not_editable",
                "What is signed or closed is no longer edited",
                "Đã ký hoặc đã đóng thì không còn sửa được",
            ),
            Self::RequestRunning => (
                StatusCode::CONFLICT,
                "request_running",
                "The first request with this key is still running",
                "Yêu cầu đầu tiên với khóa này vẫn đang chạy",
            ),
            Self::PreconditionFailed => (
                StatusCode::PRECONDITION_FAILED,
                "precondition_failed",
                "It has changed since it was read",
                "Bản ghi đã thay đổi từ khi được đọc",
            ),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large", "Nội dung quá lớn"),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "This media type is not taken here",
                "Kiểu nội dung không được hỗ trợ",
            ),
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some members are not acceptable", "Một số trường không hợp lệ"),
            Self::IdempotencyMismatch => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_mismatch",
                "This idempotency key belongs to another request",
                "Khóa chống lặp này thuộc về một yêu cầu khác",
            ),
            Self::PreconditionRequired => (
                StatusCode::PRECONDITION_REQUIRED,
                "precondition_required",
                "Send If-Match with the ETag that was read",
                "Hãy gửi If-Match với ETag đã đọc",
            ),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests", "Quá nhiều yêu cầu"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "The service failed", "Dịch vụ gặp lỗi"),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The service can't answer right now",
                "Dịch vụ tạm thời không trả lời được",
            ),
            Self::StorageFull => (
                StatusCode::SERVICE_UNAVAILABLE,
                "storage_full",
                "The storage is full; nothing was stored",
                "Ổ lưu trữ đã đầy; chưa có gì được lưu",
            ),
        }
    }

    /// HTTP status of the code.
    pub fn status(self) -> StatusCode {
        self.facts().0
    }

    /// Stable word of the code.
    pub fn word(self) -> &'static str {
        self.facts().1
    }
}

/// An answer outside 2xx/3xx.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: Code,
    detail: Text,
    errors: Vec<Fault>,
    headers: Vec<(&'static str, String)>,
    members: Map<String, Value>,
    cause: Option<String>,
    contended: bool,
    hides: bool,
    crowded: bool,
}

/// What a fallible part of this service returns.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    /// A problem of `code` with a sentence for people.
    pub fn new(code: Code, detail: Text) -> Self {
        Self(Box::new(Inner {
            code,
            detail,
            errors: Vec::new(),
            headers: Vec::new(),
            members: Map::new(),
            cause: None,
            contended: false,
            hides: false,
            crowded: false,
        }))
    }

    /// 422 with every fault of meaning.
    pub fn invalid(errors: Vec<Fault>) -> Self {
        let n = errors.len();
        Self::new(
            Code::Invalid,
            text(format!("{n} member(s) must be corrected; see errors."), format!("Có {n} trường cần sửa; xem errors.")),
        )
        .with_errors(errors)
    }

    /// 400 for one bad parameter.
    pub fn parameter(name: &str, code: &'static str, detail: Text) -> Self {
        Self::new(Code::InvalidParameter, detail.clone()).with_errors(vec![Fault { pointer: format!("?{name}"), code, detail }])
    }

    /// 404 for what the caller may not see: the answer is that of [`Problem::not_found`], and it is a refusal.
    pub fn hidden() -> Self {
        let mut problem = Self::not_found();
        problem.0.hides = true;
        problem
    }

    /// Of a refusal: its word in the audit log, one of [`REFUSALS`].
    pub fn refusal(&self) -> Option<&'static str> {
        match self.0.code {
            Code::Unauthenticated | Code::Forbidden | Code::TooManyRequests => Some(self.0.code.word()),
            _ => self.0.hides.then_some("hidden"),
        }
    }

    /// 404: the same for what isn't there and what the caller may not see.
    pub fn not_found() -> Self {
        Self::new(
            Code::NotFound,
            text("There is nothing at this address that you may see.", "Không có gì tại địa chỉ này mà bạn được xem."),
        )
    }

    /// 403 with what would be needed.
    pub fn forbidden(detail: Text) -> Self {
        Self::new(Code::Forbidden, detail)
    }

    /// 500; `cause` goes to the log alone.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let mut problem = Self::new(
            Code::Internal,
            text("The failure has been logged under this request_id.", "Lỗi đã được ghi lại theo request_id này."),
        );
        problem.0.cause = Some(cause.to_string());
        problem
    }

    /// 503 with `Retry-After`; `cause` goes to the log alone.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        let mut problem = Self::new(
            Code::Unavailable,
            text(
                "The database can't be reached or is busy; nothing was stored. Try again.",
                "Không kết nối được cơ sở dữ liệu, hoặc cơ sở dữ liệu đang bận; chưa có gì được lưu. Hãy thử lại.",
            ),
        );
        problem.0.cause = Some(cause.to_string());
        problem.with_header("Retry-After", "1")
    }

    /// The same problem with another sentence for people.
    #[must_use]
    pub fn with_detail(mut self, detail: Text) -> Self {
        self.0.detail = detail;
        self
    }

    /// 503 with `Retry-After` for whoever finds a queue full. Not logged one by one: it comes in thousands.
    pub fn overloaded() -> Self {
        let mut problem = Self::new(
            Code::Unavailable,
            text(
                "More is asked than can be answered in time; nothing was stored. Try again.",
                "Có nhiều yêu cầu hơn mức trả lời kịp; chưa có gì được lưu. Hãy thử lại.",
            ),
        );
        problem.0.crowded = true;
        problem.with_header("Retry-After", "1")
    }

    /// Whether it is the one that all are told who find a queue full.
    pub fn is_overload(&self) -> bool {
        self.0.crowded
    }

    /// The same problem with members at fault.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<Fault>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The same problem with a header, such as `Location` of the record that is in the way.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// The same problem with an extension member.
    #[must_use]
    pub fn with_member(mut self, name: &str, value: Value) -> Self {
        self.0.members.insert(name.to_owned(), value);
        self
    }

    /// Marks that another writer was in the way, so that a second try may succeed.
    #[must_use]
    pub fn contended(mut self) -> Self {
        self.0.contended = true;
        self
    }

    /// Whether a second try of the same transaction may succeed.
    pub fn is_contended(&self) -> bool {
        self.0.contended
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// For people.
    pub fn detail(&self) -> &Text {
        &self.0.detail
    }

    /// Its members at fault.
    pub fn errors(&self) -> &[Fault] {
        &self.0.errors
    }

    /// The same problem with every pointer moved under `prefix`, for an item of a batch.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        for fault in &mut self.0.errors {
            fault.pointer = format!("{prefix}{}", fault.pointer);
        }
        self
    }

    /// What only the log may know.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// Headers that go with it.
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.0.headers
    }

    /// The body in `language`.
    pub fn to_json(&self, language: Language, request_id: Option<&str>) -> Value {
        let (status, word, en, vi) = self.0.code.facts();
        let mut body = self.0.members.clone();
        body.insert("type".into(), format!("urn:cungcau:problem:{word}").into());
        body.insert(
            "title".into(),
            match language {
                Language::En => en,
                Language::Vi => vi,
            }
            .into(),
        );
        body.insert("status".into(), status.as_u16().into());
        body.insert("code".into(), word.into());
        body.insert("detail".into(), self.0.detail.in_language(language).into());
        if let Some(id) = request_id {
            body.insert("request_id".into(), id.into());
        }
        if !self.0.errors.is_empty() {
            let errors = self
                .0
                .errors
                .iter()
                .map(
                    |fault| serde_json::json!({"pointer": fault.pointer, "code": fault.code, "detail": fault.detail.in_language(language)}),
                )
                .collect();
            body.insert("errors".into(), Value::Array(errors));
        }
        Value::Object(body)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.word(), self.0.detail.en)?;
        for fault in &self.0.errors {
            write!(f, "; {} {}: {}", fault.pointer, fault.code, fault.detail.en)?;
        }
        if let Some(cause) = &self.0.cause {
            write!(f, " ({cause})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// The one place where a database error becomes an answer.
///
/// Unique and foreign-key violations are races that the checks before the insert could not see: they are
/// marked as contended, and `App::write` runs the transaction again, whose checks then name the fault.
impl From<diesel::result::Error> for Problem {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        match &error {
            Error::DatabaseError(Kind::UniqueViolation | Kind::ForeignKeyViolation | Kind::SerializationFailure, _) => {
                Self::unavailable(&error).contended()
            }
            Error::DatabaseError(_, info) => {
                let message = info.message();
                if message.contains("database or disk is full") || message.contains("No space left on device") {
                    let mut problem = Self::new(
                        Code::StorageFull,
                        text(
                            "The storage is full; nothing was stored. The operator has to make room.",
                            "Ổ lưu trữ đã đầy; chưa có gì được lưu. Người vận hành cần giải phóng dung lượng.",
                        ),
                    )
                    .with_header("Retry-After", "60");
                    problem.0.cause = Some(error.to_string());
                    problem
                } else if message.contains("deadlock detected") {
                    Self::unavailable(&error).contended()
                } else if is_transient(message) {
                    Self::unavailable(&error)
                } else {
                    Self::internal(&error)
                }
            }
            Error::BrokenTransactionManager | Error::RollbackErrorOnCommit { .. } => Self::unavailable(&error),
            _ => Self::internal(&error),
        }
    }
}

/// Whether the words of a database say that it is away, busy or stopping rather than that we are wrong.
fn is_transient(message: &str) -> bool {
    const AWAY: [&str; 15] = [
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "could not connect",
        "connection to server",
        "could not receive data",
        "could not send data",
        "SSL connection has been closed",
        "the database system is",
        "database is locked",
        "lock timeout",
        "statement timeout",
        "too many clients",
        "disk I/O error",
        "read-only transaction",
    ];
    AWAY.iter().any(|words| message.contains(words))
}
