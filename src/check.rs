//! Checks of meaning that several collections share: each notes its fault and lets the others go on.

use crate::error::{Code, Faults, Problem, Text, text};
use crate::reference::texts::{self, Taken};
use crate::reference::{GroupId, ProvinceId, UnitId, reference};
use crate::text::in_vietnamese;
use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Longest name: the longest official name of an organisation met had under 150 characters.
pub const NAME_LIMIT: usize = 200;
/// Longest single line, such as an address or an issuer.
pub const LINE_LIMIT: usize = 300;
/// Longest prose, such as a product's story.
pub const PROSE_LIMIT: usize = 4_000;

/// What the document says of a line in a list, whose item can't carry the attributes of a member.
pub struct Line;

impl PartialSchema for Line {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).min_length(Some(1)).max_length(Some(LINE_LIMIT)).into()
    }
}

impl ToSchema for Line {}

/// A line of text: not blank, no control characters, at most `limit` characters.
pub fn line(faults: &mut Faults, pointer: &str, value: &str, limit: usize) {
    if value.trim().is_empty() {
        faults.add(
            pointer,
            "empty",
            text("Give it a value, or leave the member out where it may be absent.", "Hãy ghi giá trị, hoặc bỏ trường này nếu được phép."),
        );
    }
    if value.chars().any(char::is_control) {
        faults.add(
            pointer,
            "control_character",
            text("Control characters are not allowed here.", "Không được dùng ký tự điều khiển ở đây."),
        );
    }
    length(faults, pointer, value, limit);
}

/// A line that may be absent.
pub fn maybe_line(faults: &mut Faults, pointer: &str, value: Option<&str>, limit: usize) {
    if let Some(value) = value {
        line(faults, pointer, value, limit);
    }
}

/// Prose that may be absent: lines may break, other control characters may not stand.
pub fn maybe_prose(faults: &mut Faults, pointer: &str, value: Option<&str>, limit: usize) {
    let Some(value) = value else { return };
    if value.trim().is_empty() {
        faults.add(pointer, "empty", text("Leave the member out instead.", "Hãy bỏ trường này."));
    }
    if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        faults.add(
            pointer,
            "control_character",
            text("Control characters are not allowed here.", "Không được dùng ký tự điều khiển ở đây."),
        );
    }
    length(faults, pointer, value, limit);
}

fn length(faults: &mut Faults, pointer: &str, value: &str, limit: usize) {
    let n = value.chars().count();
    if n > limit {
        faults.add(
            pointer,
            "too_long",
            text(format!("At most {limit} characters; here are {n}."), format!("Tối đa {limit} ký tự; ở đây có {n}.")),
        );
    }
}

/// A day within the years that this register can be about.
pub fn day(faults: &mut Faults, pointer: &str, value: Option<NaiveDate>) {
    if value.is_some_and(|day| !(1900..=2200).contains(&day.year())) {
        faults.add(pointer, "out_of_range", text("A day from 1900 to 2200.", "Một ngày từ năm 1900 đến 2200."));
    }
}

/// `later` must not be before `earlier`, where both are given.
pub fn order(faults: &mut Faults, pointer: &str, earlier: Option<NaiveDate>, later: Option<NaiveDate>, en: &str, vi: &str) {
    if let (Some(earlier), Some(later)) = (earlier, later)
        && later < earlier
    {
        faults.add(
            pointer,
            "wrong_order",
            text(
                format!("{en} ({later} is before {earlier})."),
                format!("{vi} ({} trước {}).", in_vietnamese(later), in_vietnamese(earlier)),
            ),
        );
    }
}

/// The unit that `input` means on `day`.
pub fn province(faults: &mut Faults, pointer: &str, input: &str, day: NaiveDate) -> Option<ProvinceId> {
    match texts::resolve_province(input, day) {
        Ok(id) => Some(id),
        Err(detail) => {
            faults.add(pointer, "unknown_province", detail);
            None
        }
    }
}

/// The product group that `input` means on `day`.
pub fn group(faults: &mut Faults, pointer: &str, input: &str, day: NaiveDate) -> Option<GroupId> {
    match reference().product_groups.resolve(input, day) {
        Ok(id) => Some(id),
        Err(error) => {
            faults.add(pointer, "unknown_group", texts::group_error(&error));
            None
        }
    }
}

/// The unit of measure that `input` means, where those of `taken` are allowed; whether it is one of them is another question.
pub fn unit(faults: &mut Faults, pointer: &str, input: &str, taken: Taken) -> Option<UnitId> {
    match reference().units.resolve(input) {
        Ok(id) => Some(id),
        Err(error) => {
            faults.add(pointer, "unknown_unit", texts::unit_error(&error, taken));
            None
        }
    }
}

/// Notes that `id` names no record of `noun`.
pub fn unknown_reference(faults: &mut Faults, pointer: &str, noun_en: &str, noun_vi: &str) {
    faults.add(
        pointer,
        "unknown_reference",
        text(format!("There is no {noun_en} with this id."), format!("Không có {noun_vi} nào với mã này.")),
    );
}

/// How many referring records of a collection are named when a deletion is refused.
pub const NAMED: i64 = 5;

/// What refers to a record that is to go.
#[derive(Debug, Default)]
pub struct Uses {
    named: Vec<(&'static str, Vec<String>)>,
    hides: bool,
}

impl Uses {
    /// Adds `ids`, a few records of `collection` which the caller may see.
    #[must_use]
    pub fn and(mut self, collection: &'static str, ids: Vec<String>) -> Self {
        if !ids.is_empty() {
            self.named.push((collection, ids));
        }
        self
    }

    /// Adds that there are records which the caller may not see: not how many, nor of which collection.
    #[must_use]
    pub fn and_hidden(mut self, are_there: bool) -> Self {
        self.hides |= are_there;
        self
    }

    /// What the caller may see of them, for a sentence: `offers ofr_1, ofr_2; mous mou_1`.
    pub fn list(&self) -> String {
        self.named.iter().map(|(collection, ids)| format!("{collection} {}", ids.join(", "))).collect::<Vec<_>>().join("; ")
    }

    /// `Ok` when nothing refers to the record.
    ///
    /// # Errors
    /// 409 with a member `references`, which lists what the caller may see.
    pub fn refuse(self) -> Result<(), Problem> {
        let detail = match (self.named.is_empty(), self.hides) {
            (true, false) => return Ok(()),
            (true, true) => text(
                "Records refer to it that you may not see: whoever they belong to has to delete or change them first.",
                "Có bản ghi tham chiếu đến mà bạn không được xem: chủ của các bản ghi đó cần xóa hoặc sửa trước.",
            ),
            (false, _) => {
                let names = self.named.iter().map(|(collection, _)| *collection).collect::<Vec<_>>().join(", ");
                text(
                    format!("Delete or change what refers to it first: {names}."),
                    format!("Hãy xóa hoặc sửa những bản ghi tham chiếu trước: {names}."),
                )
            }
        };
        self.refuse_with(detail)
    }

    /// `Ok` when nothing refers to the record.
    ///
    /// # Errors
    /// 409 that says `detail`, with a member `references`, which lists what the caller may see.
    pub fn refuse_with(self, detail: Text) -> Result<(), Problem> {
        let Self { named, hides } = self;
        if named.is_empty() && !hides {
            return Ok(());
        }
        let listed = named.iter().map(|(collection, ids)| json!({"collection": collection, "ids": ids})).collect();
        Err(Problem::new(Code::InUse, detail).with_member("references", Value::Array(listed)))
    }
}
