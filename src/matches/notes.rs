//! Why nothing was considered: what was asked about takes no part in the market on the day, or nobody is on the other side.

use super::model::MatchNoteCode;
use crate::error::{Language, Text, text};
use crate::market::Market;
use crate::market::matching::{Need, Supply};
use crate::market::record::{Day, FOREVER};
use crate::search::date;
use crate::text::in_vietnamese;

/// What keeps one side out on the day, or that the other is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Stable word.
    pub code: MatchNoteCode,
    text: Text,
}

impl Note {
    /// The sentence.
    pub fn text(&self, language: Language) -> &str {
        self.text.in_language(language)
    }

    /// Why no offer was considered for a demand.
    pub fn on_no_offer(market: &Market, need: &Need, as_of: Day) -> Self {
        Self::of_demand(market, need, as_of).unwrap_or_else(|| Self {
            code: MatchNoteCode::NothingOffered,
            text: text(
                "No open offer is of the product groups and words that the demand asks for; fewer words or a wider group may find some.",
                "Không có chào bán nào đang mở thuộc nhóm sản phẩm và có các từ mà nhu cầu nêu; bớt từ hoặc chọn nhóm rộng hơn có thể sẽ tìm được.",
            ),
        })
    }

    /// Why no demand was considered for an offer.
    pub fn on_no_demand(market: &Market, supply: &Supply, as_of: Day) -> Self {
        Self::of_offer(market, supply, as_of).unwrap_or_else(|| Self {
            code: MatchNoteCode::NothingAskedFor,
            text: text(
                "No open demand asks for the group and the words of this product.",
                "Không có nhu cầu nào đang mở hỏi nhóm và tên của sản phẩm này.",
            ),
        })
    }

    /// Why a pair is not considered, whatever its constraints say; nothing where it is.
    pub fn of_pair(market: &Market, need: &Need, supply: &Supply, as_of: Day) -> Option<Self> {
        Self::of_demand(market, need, as_of).or_else(|| Self::of_offer(market, supply, as_of))
    }

    /// The sentence in both languages.
    pub fn into_text(self) -> Text {
        self.text
    }

    /// Why a demand is not considered on `as_of`; nothing where it is.
    fn of_demand(market: &Market, need: &Need, as_of: Day) -> Option<Self> {
        if market.organisations().get(need.buyer).is_some_and(|buyer| buyer.is_idle) {
            return Some(Self {
                code: MatchNoteCode::BuyerNotActive,
                text: text(
                    "The buyer is suspended or dissolved: its demands take no part.",
                    "Đơn vị mua đang tạm ngừng hoặc đã giải thể nên nhu cầu không được ghép.",
                ),
            });
        }
        if need.closed_on <= as_of {
            let code = MatchNoteCode::DemandClosed;
            return Some(Self { code, text: on(need.closed_on, "The demand was closed on", "Nhu cầu đã đóng từ ngày") });
        }
        // Where no day to answer by is named it is the last of the period: then it is the period that is over.
        if need.answer_by < as_of && need.answer_by < need.until {
            let code = MatchNoteCode::AnswerByPassed;
            let text = on(need.answer_by, "The demand took answers until", "Nhu cầu chỉ nhận trả lời đến hết ngày");
            return Some(Self { code, text });
        }
        need.is_over(as_of).then(|| Self {
            code: MatchNoteCode::DemandOver,
            text: text("No month in which it is needed is left.", "Không còn tháng nào cần hàng."),
        })
    }

    /// Why nothing of a producer is considered; nothing where it may be.
    pub fn of_producer(market: &Market, producer: u32) -> Option<Self> {
        market.organisations().get(producer).is_some_and(|producer| producer.is_idle).then(|| Self {
            code: MatchNoteCode::ProducerNotActive,
            text: text(
                "The producer is suspended or dissolved: its offers take no part.",
                "Chủ thể sản xuất đang tạm ngừng hoặc đã giải thể nên chào bán không được ghép.",
            ),
        })
    }

    /// Why an offer is not considered on `as_of`; nothing where it is.
    fn of_offer(market: &Market, supply: &Supply, as_of: Day) -> Option<Self> {
        if let Some(note) = Self::of_producer(market, supply.producer) {
            return Some(note);
        }
        let note = |code, text| Some(Self { code, text });
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
        None
    }
}

fn on(day: Day, en: &str, vi: &str) -> Text {
    match date(day) {
        Some(day) => text(format!("{en} {day}."), format!("{vi} {}.", in_vietnamese(day))),
        None => text(format!("{en} an unknown day."), format!("{vi} không rõ.")),
    }
}
