//! Why nothing was considered: what was asked about takes no part in the market on the day, or nobody is on the other side.

use super::model::MatchNoteCode;
use crate::error::{Language, Text, text};
use crate::market::Market;
use crate::market::demands::Asked;
use crate::market::instead::Instead;
use crate::market::matching::{Need, Readiness, Setting, Supply};
use crate::market::record::{Day, FOREVER, Rows};
use crate::search::date;
use crate::text::in_vietnamese;

/// What keeps one side out on the day, or that the other is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Stable word.
    pub code: MatchNoteCode,
    text: Text,
    /// Words that would find offers, and how many.
    pub instead: Option<(String, u32)>,
}

impl Note {
    fn new(code: MatchNoteCode, text: Text) -> Self {
        Self { code, text, instead: None }
    }

    /// The sentence.
    pub fn text(&self, language: Language) -> &str {
        self.text.in_language(language)
    }

    /// Why no offer was considered for a demand with the words `words`, and what would find some.
    pub fn on_no_offer(market: &Market, asked: &Asked, words: Option<&str>, setting: &Setting<'_>) -> Self {
        if let Some(note) = Self::of_demand(market, &asked.need, setting.as_of) {
            return note;
        }
        if market.has_own_offer(asked, setting.as_of) {
            let told = text(
                "The only open offers of what the demand asks for are of the buyer itself, which makes no memorandum with itself.",
                "Chỉ có chào bán của chính bên mua đáp ứng nhóm và các từ mà nhu cầu nêu: không thể ký biên bản ghi nhớ với chính mình.",
            );
            return Self::new(MatchNoteCode::OwnOffer, told);
        }
        let (typed, asks_groups) = (words.unwrap_or_default(), asked.need.groups != Rows::ALL);
        let (instead, text) = match market.instead(asked, words, setting) {
            Some(Instead::Words(words, offers)) => {
                let (of_groups, in_vietnamese) =
                    if asks_groups { (" is of the product groups and", " thuộc nhóm sản phẩm và") } else { ("", "") };
                let told = text(
                    format!(
                        "No open offer{of_groups} has the words “{typed}” that the demand asks for; with “{words}” there would be {offers}."
                    ),
                    format!(
                        "Không có chào bán nào đang mở{in_vietnamese} có đủ các từ “{typed}” mà nhu cầu nêu; nếu ghi “{words}” sẽ có {offers}."
                    ),
                );
                (Some((words, offers)), told)
            }
            Some(Instead::OtherGroups(offers)) => {
                let told = text(
                    format!(
                        "No open offer with the words “{typed}” is of the product groups that the demand asks for; of other groups there are {offers}."
                    ),
                    format!(
                        "Không có chào bán nào đang mở có các từ “{typed}” thuộc nhóm sản phẩm mà nhu cầu nêu; ở các nhóm khác có {offers}."
                    ),
                );
                (None, told)
            }
            None => {
                let told = match (asks_groups, words.is_some()) {
                    (true, true) => text(
                        "No open offer is of the product groups and words that the demand asks for; other words or a wider group may find some.",
                        "Không có chào bán nào đang mở thuộc nhóm sản phẩm và có các từ mà nhu cầu nêu; đổi từ hoặc chọn nhóm rộng hơn có thể sẽ tìm được.",
                    ),
                    (true, false) => text(
                        "No open offer is of the product groups that the demand asks for; a wider group may find some.",
                        "Không có chào bán nào đang mở thuộc nhóm sản phẩm mà nhu cầu nêu; chọn nhóm rộng hơn có thể sẽ tìm được.",
                    ),
                    (false, true) => text(
                        "No open offer has the words that the demand asks for; other words may find some.",
                        "Không có chào bán nào đang mở có các từ mà nhu cầu nêu; đổi từ có thể sẽ tìm được.",
                    ),
                    (false, false) => text("There is no open offer.", "Không có chào bán nào đang mở."),
                };
                (None, told)
            }
        };
        Self { code: MatchNoteCode::NothingOffered, text, instead }
    }

    /// Why no demand was considered for an offer.
    pub fn on_no_demand(market: &Market, supply: &Supply, as_of: Day) -> Self {
        Self::of_offer(market, supply, as_of).unwrap_or_else(|| {
            let told = text(
                "No open demand asks for the group and the words of this product.",
                "Không có nhu cầu nào đang mở hỏi nhóm và tên của sản phẩm này.",
            );
            Self::new(MatchNoteCode::NothingAskedFor, told)
        })
    }

    /// Why a pair is not considered, whatever its constraints say; nothing where it is.
    pub fn of_pair(market: &Market, need: &Need, supply: &Supply, as_of: Day) -> Option<Self> {
        let is_own = || {
            need.is_of(supply.producer).then(|| {
                let told = text(
                    "The demand and the offer are of one organisation, which makes no memorandum with itself.",
                    "Nhu cầu và chào bán thuộc cùng một tổ chức: không thể ký biên bản ghi nhớ với chính mình.",
                );
                Self::new(MatchNoteCode::OwnOffer, told)
            })
        };
        Self::of_demand(market, need, as_of).or_else(|| Self::of_offer(market, supply, as_of)).or_else(is_own)
    }

    /// The sentence in both languages.
    pub fn into_text(self) -> Text {
        self.text
    }

    /// Why a demand is not considered on `as_of`; nothing where it is.
    fn of_demand(market: &Market, need: &Need, as_of: Day) -> Option<Self> {
        if market.organisations().get(need.buyer).is_some_and(|buyer| buyer.is_idle) {
            let told = text(
                "The buyer is suspended or dissolved: its demands take no part.",
                "Bên mua đang tạm ngừng hoặc đã giải thể nên nhu cầu không được ghép.",
            );
            return Some(Self::new(MatchNoteCode::BuyerNotActive, told));
        }
        if need.closed_on <= as_of {
            let code = MatchNoteCode::DemandClosed;
            return Some(Self::new(code, on(need.closed_on, "The demand was closed on", "Nhu cầu đã đóng từ ngày")));
        }
        // Where no day to answer by is named it is the last of the period: then it is the period that is over.
        if need.answer_by < as_of && need.answer_by < need.until {
            let code = MatchNoteCode::AnswerByPassed;
            let text = on(need.answer_by, "The demand took answers until", "Nhu cầu chỉ nhận trả lời đến hết ngày");
            return Some(Self::new(code, text));
        }
        if need.is_over(as_of) {
            let told = text("No month in which it is needed is left.", "Không còn tháng nào cần hàng.");
            return Some(Self::new(MatchNoteCode::DemandOver, told));
        }
        need.is_met(as_of).then(|| {
            let told = text(
                "Signed memoranda promise all of it that is still to come.",
                "Các biên bản ghi nhớ đã ký đã cam kết đủ toàn bộ số lượng còn cần.",
            );
            Self::new(MatchNoteCode::DemandMet, told)
        })
    }

    /// Why nothing of a producer is considered; nothing where it may be.
    pub fn of_producer(market: &Market, producer: u32) -> Option<Self> {
        market.organisations().get(producer).is_some_and(|producer| producer.is_idle).then(|| {
            let told = text(
                "The producer is suspended or dissolved: its offers take no part.",
                "Chủ thể sản xuất đang tạm ngừng hoặc đã giải thể nên chào bán không được ghép.",
            );
            Self::new(MatchNoteCode::ProducerNotActive, told)
        })
    }

    /// Why nothing of a producer is considered; nothing where something is.
    pub fn of_readiness(market: &Market, producer: u32, found: &Readiness) -> Option<Self> {
        if let Some(note) = Self::of_producer(market, producer) {
            return Some(note);
        }
        if found.considered > 0 {
            return None;
        }
        Some(if found.on_offer == 0 {
            let told = text("None of its offers is open.", "Không có chào bán nào của chủ thể này đang mở.");
            Self::new(MatchNoteCode::NothingOffered, told)
        } else {
            let told = text(
                "No open demand asks for the groups and the words of its products.",
                "Không có nhu cầu nào đang mở hỏi nhóm và tên của các sản phẩm này.",
            );
            Self::new(MatchNoteCode::NothingAskedFor, told)
        })
    }

    /// Why an offer is not considered on `as_of`; nothing where it is.
    fn of_offer(market: &Market, supply: &Supply, as_of: Day) -> Option<Self> {
        if let Some(note) = Self::of_producer(market, supply.producer) {
            return Some(note);
        }
        let note = |code, text| Some(Self::new(code, text));
        if !market.is_made(supply) {
            let detail = text("The product is not made any more.", "Sản phẩm không còn được sản xuất.");
            return note(MatchNoteCode::ProductDiscontinued, detail);
        }
        if supply.closed_on <= as_of {
            return note(MatchNoteCode::OfferClosed, on(supply.closed_on, "The offer was closed on", "Chào bán đã đóng từ ngày"));
        }
        if supply.until < as_of && supply.until != FOREVER {
            return note(MatchNoteCode::OfferOver, on(supply.until, "The offer ended on", "Chào bán đã kết thúc ngày"));
        }
        let told = || text("No month in which it supplies is left.", "Không còn tháng nào có hàng.");
        (!supply.is_open(as_of)).then(|| Self::new(MatchNoteCode::OfferOver, told()))
    }
}

fn on(day: Day, en: &str, vi: &str) -> Text {
    match date(day) {
        Some(day) => text(format!("{en} {day}."), format!("{vi} {}.", in_vietnamese(day))),
        None => text(format!("{en} an unknown day."), format!("{vi} không rõ.")),
    }
}
