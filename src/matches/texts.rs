//! The sentences of an answer: why a part has its points, how a constraint came out, what would mend it.
//!
//! They are written into the answer itself, piece by piece: there are hundreds in one. Nothing that they are made of needs
//! an escape in JSON (a test goes through the reference tables).

use super::pen::Pen;
use crate::error::{Text, text};
use crate::market::Market;
use crate::market::matching::{Code, Detail, Mend, Need, PapersOf, Part, PriceVerdict, Raw, Supply};
use crate::market::record::{Day, MonthBits, Paper, Price, Rows};

/// A constraint by name, within a sentence.
pub fn constraint_name(code: Code) -> Text {
    match code {
        Code::Category => text("product group", "nhóm sản phẩm"),
        Code::Text => text("words of the demand", "từ mô tả của nhu cầu"),
        Code::Stars => text("OCOP stars", "sao OCOP"),
        Code::Certificate => text("certificates", "giấy chứng nhận"),
        Code::Period => text("days on offer", "thời gian chào bán"),
        Code::Months => text("months of supply", "tháng cung cấp"),
        Code::MinimumOrder => text("minimum order", "đơn hàng tối thiểu"),
        Code::Quantity => text("quantity", "số lượng"),
        Code::Price => text("price", "giá"),
        Code::Delivery => text("place of delivery", "nơi giao hàng"),
        Code::ShelfLife => text("shelf life", "hạn dùng còn lại"),
        Code::Unit => text("unit of measure", "đơn vị tính"),
    }
}

/// What a sentence about a pair needs beside how a constraint came out.
#[derive(Debug, Clone)]
pub struct Pair<'a> {
    /// Base unit of the demand.
    needed_in: u8,
    /// Base unit of the offer.
    offered_in: u8,
    /// First and last day of delivery that is still needed.
    needed: (Day, Day),
    /// Whether the first of these days is here.
    has_begun: bool,
    /// First and last day of the offer.
    offered: (Day, Day),
    /// Whether the demand says in words what is needed.
    has_words: bool,
    /// Papers of the offer's product and its producer.
    papers: PapersOf<'a>,
}

impl<'a> Pair<'a> {
    /// The offer, and the demand as it is needed from `as_of` on, which may have words.
    pub fn new(supply: &Supply, need: &Need, has_words: bool, market: &'a Market, as_of: Day) -> Self {
        Self {
            needed_in: need.unit,
            offered_in: supply.unit,
            needed: (need.from, need.until),
            has_begun: need.from <= as_of,
            offered: (supply.from, supply.end_on(as_of)),
            has_words,
            papers: market.papers().get(supply.papers),
        }
    }

    /// Of the papers that are `meant`, the one that is in force on most days of delivery, or comes nearest to them.
    fn nearest(&self, meant: impl Fn(&Paper) -> bool) -> Option<Paper> {
        let (from, until) = self.needed;
        let days = |paper: &Paper| i64::from(paper.until.min(until)) - i64::from(paper.from.max(from));
        self.papers.clone().filter(meant).max_by_key(|paper| (days(paper), paper.until, paper.stars))
    }
}

impl Pen<'_> {
    /// Why a part of the score has its points; quantities are in `unit`.
    pub fn part(&mut self, part: &Part, unit: u8) {
        match part.raw {
            Raw::Volume { covered, asked, opened } => {
                self.say("", "Đáp ứng ");
                self.thousandths(covered);
                self.say(" of ", " trên ");
                self.thousandths(asked);
                self.unit(unit);
                if opened {
                    self.say(" in the month that a change would open", " trong tháng sẽ có nếu được bổ sung");
                } else {
                    self.say(" in the months of both", " trong các tháng chung");
                }
            }
            Raw::OtherUnit => self.say(
                "Offer and demand count in different units: nothing is counted",
                "Chào bán và nhu cầu tính theo đơn vị khác nhau: không tính điểm",
            ),
            Raw::Months { common, needed } => {
                self.whole(common.into());
                self.say(" of ", " trên ");
                self.whole(needed.into());
                self.say(" months", " tháng cần hàng");
            }
            Raw::Price(Some((price, ceiling))) => {
                self.price(&price, unit);
                self.say("; the ceiling is ", "; giá trần ");
                self.price(&ceiling, unit);
            }
            Raw::PricesApart(price, ceiling) => {
                self.price_beside(&price, unit, &ceiling);
                self.say("; the ceiling is ", "; giá trần ");
                self.price_beside(&ceiling, unit, &price);
                self.say(": not compared, counted half", ": không so sánh, tính một nửa");
            }
            Raw::Price(None) => {
                self.say(
                    "Not known, or not to be compared with the ceiling: counted half",
                    "Chưa biết hoặc không so được với giá trần: tính một nửa",
                );
            }
            Raw::Stars(0) => self.say("No OCOP stars over the whole period", "Không có sao OCOP trong suốt kỳ giao"),
            Raw::Stars(stars) => {
                self.say("", "OCOP ");
                self.whole(stars.into());
                self.say(" OCOP stars over the whole period", " sao trong suốt kỳ giao");
            }
            Raw::Preferred { asked: 0, .. } => self.say("The buyer prefers no certificate", "Bên mua không nêu giấy ưu tiên"),
            Raw::Preferred { held, asked } => {
                self.whole(held.count_ones().into());
                self.say(" of ", " trên ");
                self.whole(asked.count_ones().into());
                self.say(" preferred certificates", " giấy ưu tiên");
                if held != 0 {
                    self.say(": ", ": ");
                    self.kinds_by_name(held);
                }
            }
            Raw::Distance(km) => {
                self.say("", "Cách ");
                self.whole(km.into());
                self.say(" km away", " km");
            }
            Raw::Deliveries => self.say("No record of deliveries yet: counted half", "Chưa có lịch sử giao hàng: tính một nửa"),
        }
    }

    /// How a constraint came out for a pair.
    pub fn constraint(&mut self, detail: &Detail, passes: bool, pair: &Pair<'_>) {
        let (needed_in, offered_in) = (pair.needed_in, pair.offered_in);
        match *detail {
            Detail::Category { needed: None, .. } => self.say("No product group is asked for", "Không yêu cầu nhóm sản phẩm"),
            Detail::Category { .. } if passes => {
                self.say("The product's group is one that is asked for", "Nhóm sản phẩm thuộc nhóm được yêu cầu");
            }
            Detail::Category { .. } => {
                self.say("The product's group is not one that is asked for", "Nhóm sản phẩm không thuộc nhóm được yêu cầu");
            }
            Detail::Text if passes && !pair.has_words => self.say("No words are asked for", "Không yêu cầu từ nào trong tên"),
            Detail::Text if passes => self.say("The product answers the demand's words", "Sản phẩm khớp với từ mô tả của nhu cầu"),
            Detail::Text => self.say("The product does not answer the demand's words", "Sản phẩm không khớp với từ mô tả của nhu cầu"),
            Detail::Stars { needed, found } => self.stars(needed, found, pair),
            Detail::Certificate { needed, found } => self.certificates(needed, found, pair),
            Detail::Period { needed, found } => {
                self.say("Needed ", "Cần ");
                self.days(needed);
                self.say("; offered ", "; chào bán ");
                self.days(found);
            }
            Detail::Months { needed, found, single_supplier, .. } => self.months_of_both((needed, found), single_supplier, passes, pair),
            Detail::OtherUnit => self.say(
                "Offer and demand count in different units: not compared",
                "Chào bán và nhu cầu tính theo đơn vị khác nhau: không so sánh",
            ),
            Detail::MinimumOrder { found: 0, .. } => self.say("There is no minimum order", "Không có đơn hàng tối thiểu"),
            Detail::MinimumOrder { needed, found, is_left, rounded } => {
                self.say("The minimum order is ", "Đơn hàng tối thiểu ");
                self.quantity(found, offered_in);
                if is_left {
                    self.say("; left are ", "; còn ");
                } else {
                    self.say("; needed are ", "; cần ");
                }
                if rounded {
                    self.say("at least ", "ít nhất ");
                }
                self.quantity(needed, needed_in);
                self.say(" a month", " mỗi tháng");
            }
            Detail::Quantity { needed, found, single_supplier, rounded } => {
                self.say("Needed are ", "Cần ");
                self.quantity(needed, needed_in);
                self.say(" a month", " mỗi tháng");
                if single_supplier {
                    self.say(" from one supplier", " từ một nhà cung cấp");
                }
                self.say("; left are ", "; còn ");
                if rounded && found > 0 {
                    self.say("at least ", "ít nhất ");
                }
                self.quantity(found.max(0), offered_in);
            }
            Detail::Price { verdict, needed, found } => self.price_verdict(verdict, (needed, needed_in), (found, offered_in)),
            Detail::Delivery { needed, found } => self.delivery(needed, found),
            Detail::ShelfLife { needed: 0, .. } => self.say("No shelf life is asked for", "Không yêu cầu hạn dùng còn lại"),
            Detail::ShelfLife { needed, found } => {
                self.say("Needed are ", "Cần còn ");
                self.whole(needed.into());
                self.say(" days of shelf life at delivery; ", " ngày hạn dùng khi giao; ");
                if found == 0 {
                    self.say("none are stated", "chào bán chưa nêu");
                } else {
                    self.say("stated are ", "chào bán nêu ");
                    self.whole(found.into());
                    self.say("", " ngày");
                }
            }
            Detail::Unit { needed, found } => {
                self.say("Needed in", "Cần theo");
                self.unit(needed);
                self.say("; offered in", "; chào bán theo");
                self.unit(found);
            }
        }
    }

    fn months_of_both(&mut self, (needed, found): (MonthBits, MonthBits), single_supplier: bool, passes: bool, pair: &Pair<'_>) {
        self.say("Needed in ", "Cần vào ");
        self.months(needed);
        if single_supplier {
            self.say(" from one supplier", " từ một nhà cung cấp");
        }
        self.say("; offered in ", "; chào bán vào ");
        self.months(found);
        let in_season = if single_supplier { needed & !found == 0 } else { needed & found != 0 };
        if !passes && in_season {
            // A month that both name lies outside the days on offer.
            self.say(", but only ", ", nhưng chỉ ");
            self.days(pair.offered);
        }
    }

    fn stars(&mut self, needed: u8, found: u8, pair: &Pair<'_>) {
        if needed == 0 {
            return self.say("No OCOP stars are asked for", "Không yêu cầu sao OCOP");
        }
        self.say("At least ", "Cần ít nhất ");
        self.whole(needed.into());
        self.say(" OCOP stars are needed over the whole period; ", " sao OCOP trong suốt kỳ giao; ");
        if found == 0 {
            self.say("none are held", "không có giấy nào đủ hiệu lực");
        } else {
            self.say("held are ", "có ");
            self.whole(found.into());
            self.say("", " sao");
        }
        if let Some(paper) = pair.nearest(|paper| paper.stars >= needed).filter(|_| found < needed) {
            self.say("; a paper of ", "; giấy ");
            self.whole(paper.stars.into());
            self.say(" stars is in force ", " sao có hiệu lực ");
            self.in_force(&paper, pair);
        }
    }

    fn certificates(&mut self, needed: u64, found: u64, pair: &Pair<'_>) {
        let missing = needed & !found;
        if needed == 0 {
            return self.say("No certificate is required", "Không yêu cầu giấy chứng nhận");
        }
        if missing == 0 {
            self.say("In force over the whole period: ", "Có hiệu lực trong suốt kỳ giao: ");
            return self.kinds_by_name(needed);
        }
        self.say("Not in force over the whole period: ", "Không có hiệu lực trong suốt kỳ giao: ");
        let mut is_first = true;
        for kind in (0_u8..64).filter(|kind| missing >> kind & 1 == 1) {
            if !is_first {
                self.raw("; ");
            }
            is_first = false;
            self.kinds_by_name(1 << kind);
            match pair.nearest(|paper| paper.kind == kind) {
                None => self.say(" (none is held)", " (chưa có giấy)"),
                Some(paper) => {
                    self.say(" (in force ", " (có hiệu lực ");
                    self.in_force(&paper, pair);
                    self.raw(")");
                }
            }
        }
    }

    /// When a paper is in force that is not so over all that is needed of the period, and how the two stand to each other.
    fn in_force(&mut self, paper: &Paper, pair: &Pair<'_>) {
        let needed = pair.needed;
        let (begins_late, ends_early) = (paper.from > needed.0, paper.until < needed.1);
        match (begins_late, ends_early) {
            (true, true) => self.days((paper.from, paper.until)),
            (true, false) => {
                self.say("from ", "từ ");
                self.day(paper.from);
            }
            (false, _) => {
                self.say("until ", "đến ");
                self.day(paper.until);
            }
        }
        if paper.until < needed.0 && pair.has_begun {
            self.say(", and has expired", ", nay đã hết hạn");
        } else if paper.until < needed.0 {
            self.say(", before the period begins", ", trước kỳ giao");
        } else if paper.from > needed.1 {
            self.say(", after the period ends", ", sau kỳ giao");
        } else if begins_late && ends_early {
            self.say(", a part of the period", ", một phần của kỳ giao");
        } else if begins_late {
            self.say(", and begins within the period", ", bắt đầu trong kỳ giao");
        } else if ends_early {
            self.say(", and ends within the period", ", hết hạn trong kỳ giao");
        }
    }

    fn price_verdict(&mut self, verdict: PriceVerdict, (needed, needed_in): (Option<Price>, u8), (found, offered_in): (Option<Price>, u8)) {
        match verdict {
            PriceVerdict::Unknown if let Some((price, ceiling)) = found.zip(needed) => {
                self.say("The price of ", "Giá ");
                self.price_beside(&price, offered_in, &ceiling);
                self.say(" and the ceiling of ", " và giá trần ");
                self.price_beside(&ceiling, needed_in, &price);
                self.say(" can't be compared", " không so sánh được");
            }
            PriceVerdict::Unknown => {
                self.say(
                    "Price or ceiling are not shown to you here, or can't be compared",
                    "Giá hoặc giá trần không hiển thị với bạn ở đây, hoặc không so sánh được",
                );
            }
            PriceVerdict::Within | PriceVerdict::Above => {
                self.say("The price", "Giá");
                if let Some(price) = found {
                    self.say(" of ", " ");
                    self.price_beside(&price, offered_in, &needed.unwrap_or(price));
                }
                if verdict == PriceVerdict::Within {
                    self.say(" is not above the ceiling", " không cao hơn giá trần");
                } else {
                    self.say(" is above the ceiling", " cao hơn giá trần");
                }
                if let Some(ceiling) = needed {
                    self.say(" of ", " ");
                    self.price_beside(&ceiling, needed_in, &found.unwrap_or(ceiling));
                }
            }
        }
    }

    fn delivery(&mut self, needed: u8, found: Option<Rows>) {
        match found {
            None => return self.say("It delivers everywhere", "Giao hàng toàn quốc"),
            Some(units) if units.contains(needed) => self.say("It delivers to ", "Có giao hàng đến "),
            Some(_) => self.say("It does not deliver to ", "Không giao hàng đến "),
        }
        self.province(needed);
    }

    /// The change that mends a constraint, `with_another` where it takes two; quantities are in `unit`.
    pub fn mend(&mut self, mend: &Mend, unit: u8, with_another: bool) {
        match *mend {
            Mend::Stars { stars, from, until } => {
                self.say("OCOP of at least ", "Giấy OCOP từ ");
                self.whole(stars.into());
                self.say(" stars in force ", " sao có hiệu lực ");
                self.days((from, until));
            }
            Mend::Certificates { kinds, from, until } => {
                self.kinds_by_name(kinds);
                self.say(" in force ", " có hiệu lực ");
                self.days((from, until));
            }
            Mend::Window { from_at_latest, until_at_least } => {
                self.say("Offered", "Chào bán");
                if let Some(day) = from_at_latest {
                    self.say(" from ", " từ ngày ");
                    self.day(day);
                    self.say(" or earlier", " hoặc sớm hơn");
                }
                if let Some(day) = until_at_least {
                    self.say(" until ", " đến ngày ");
                    self.day(day);
                    self.say(" or later", " hoặc muộn hơn");
                }
            }
            Mend::AddMonths(months) => {
                self.say("Offered in ", "Chào bán thêm ");
                self.months(months);
                self.say(" as well", "");
            }
            Mend::MinimumOrder(most) => {
                self.say("A minimum order of at most ", "Đơn hàng tối thiểu không quá ");
                self.quantity(most, unit);
            }
            Mend::Quantity(least) => {
                self.say("At least ", "Ít nhất ");
                self.quantity(least, unit);
                self.say(" a month", " mỗi tháng");
            }
            Mend::Price(most) => {
                self.say("A price of at most ", "Giá không quá ");
                self.price(&most, unit);
                self.terms(&most);
            }
            Mend::DeliverTo(province) => {
                self.say("Delivery to ", "Giao hàng đến ");
                self.province(province);
            }
            Mend::ShelfLife(days) => {
                self.say("At least ", "Hạn dùng còn ít nhất ");
                self.whole(days.into());
                self.say(" days of shelf life at delivery", " ngày khi giao");
            }
        }
        if with_another {
            self.say(" would be enough with the other change for this", " là đủ cùng với thay đổi kia");
        } else {
            self.say(" would be enough", " là đủ");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pen::tests::both;
    use super::*;
    use crate::market::matching::{PaperSet, Papers};
    use crate::market::record::FOREVER;
    use crate::reference::reference;

    /// `constraint` of a pair with `papers`, in both languages.
    fn told(detail: &Detail, papers: &[Paper]) -> [String; 2] {
        let mut all = Papers::default();
        let set = all.intern(papers.to_vec());
        // 2027-01-01 to 2027-03-31, offered until 2027-02-28.
        let pair = Pair {
            needed_in: 0,
            offered_in: 0,
            needed: (20_819, 20_908),
            has_begun: false,
            offered: (20_819, 20_877),
            has_words: false,
            papers: all.get(set),
        };
        both(|pen| pen.constraint(detail, false, &pair))
    }

    #[test]
    fn where_no_group_is_asked_for_none_is_said_to_fit() {
        let said = told(&Detail::Category { needed: None, found: 3 }, &[]);
        assert_eq!(said, ["No product group is asked for", "Không yêu cầu nhóm sản phẩm"]);
        let all = Papers::default();
        let pair = |has_words| Pair {
            needed_in: 0,
            offered_in: 0,
            needed: (0, 1),
            has_begun: false,
            offered: (0, 1),
            has_words,
            papers: all.get(PaperSet::default()),
        };
        let told = |has_words| both(|pen| pen.constraint(&Detail::Text, true, &pair(has_words)));
        assert_eq!(told(false), ["No words are asked for", "Không yêu cầu từ nào trong tên"]);
        assert_eq!(told(true), ["The product answers the demand's words", "Sản phẩm khớp với từ mô tả của nhu cầu"]);
    }

    #[test]
    fn a_paper_that_lapsed_while_the_demand_runs_has_expired() {
        let mut all = Papers::default();
        // Valid until 2026-12-31, and what is needed begins today, on 2027-01-01.
        let set = all.intern(vec![Paper { kind: 0, stars: 4, from: 20_000, until: 20_818 }]);
        let pair = |has_begun| Pair {
            needed_in: 0,
            offered_in: 0,
            needed: (20_819, 20_908),
            has_begun,
            offered: (20_819, 20_877),
            has_words: false,
            papers: all.get(set),
        };
        let told = |has_begun| both(|pen| pen.constraint(&Detail::Stars { needed: 4, found: 0 }, false, &pair(has_begun)));
        let [en, vi] = told(true);
        assert!(en.ends_with("in force until 2026-12-31, and has expired"), "{en}");
        assert!(vi.ends_with("đến 31/12/2026, nay đã hết hạn"), "{vi}");
        assert!(told(false)[0].ends_with("until 2026-12-31, before the period begins"));
    }

    #[test]
    fn a_paper_that_is_held_for_a_part_of_the_period_is_named_with_its_days() {
        let paper = |stars, from, until| Paper { kind: 0, stars, from, until };
        let said = |papers: &[Paper], found: u8| {
            let detail = Detail::Stars { needed: 4, found };
            told(&detail, papers)
        };
        // 20,864 is 2027-02-15.
        assert_eq!(
            said(&[paper(4, 20_000, 20_864), paper(5, 20_000, 20_500)], 0),
            [
                "At least 4 OCOP stars are needed over the whole period; none are held; a paper of 4 stars is in force until 2027-02-15, and ends within the period",
                "Cần ít nhất 4 sao OCOP trong suốt kỳ giao; không có giấy nào đủ hiệu lực; giấy 4 sao có hiệu lực đến 15/02/2027, hết hạn trong kỳ giao"
            ]
        );
        assert_eq!(
            said(&[paper(3, 20_000, FOREVER), paper(4, 20_864, FOREVER)], 3)[0],
            "At least 4 OCOP stars are needed over the whole period; held are 3; a paper of 4 stars is in force from 2027-02-15, and begins within the period"
        );
        // 20,818 is the last day of 2026.
        assert_eq!(
            said(&[paper(4, 20_000, 20_818)], 0)[1],
            "Cần ít nhất 4 sao OCOP trong suốt kỳ giao; không có giấy nào đủ hiệu lực; giấy 4 sao có hiệu lực đến 31/12/2026, trước kỳ giao"
        );
        assert_eq!(said(&[paper(3, 20_000, 20_864)], 0)[0], "At least 4 OCOP stars are needed over the whole period; none are held");
    }

    #[test]
    fn each_certificate_that_is_missing_says_what_there_is_of_it() {
        let kind = |code: &str| reference().certificate_kinds.resolve(code).unwrap().row();
        let (haccp, vietgap) = (kind("HACCP"), kind("VIETGAP"));
        let detail = Detail::Certificate { needed: 1 << haccp | 1 << vietgap, found: 0 };
        let papers = [Paper { kind: haccp, stars: 0, from: 20_830, until: 20_864 }];
        let [en, vi] = told(&detail, &papers);
        assert!(en.contains("HACCP (in force from 2027-01-12 to 2027-02-15, a part of the period)"), "{en}");
        assert!(en.contains("VietGAP (crops, livestock, aquaculture) (none is held)"), "{en}");
        assert!(
            vi.contains("Chứng nhận HACCP (TCVN 5603) (có hiệu lực từ 12/01/2027 đến 15/02/2027, một phần của kỳ giao)")
                && vi.contains("Giấy chứng nhận VietGAP (chưa có giấy)"),
            "{vi}"
        );
    }

    #[test]
    fn a_month_that_both_name_but_the_days_leave_out_is_told_with_the_days() {
        let detail = Detail::Months { needed: 0b111, found: 0b1000_0000_0100, common: 0, single_supplier: false };
        let of_one = Detail::Months { needed: 0b111, found: 0b011, common: 2, single_supplier: true };
        assert_eq!(
            told(&of_one, &[]),
            [
                "Needed in January, February, March from one supplier; offered in January, February",
                "Cần vào tháng 1, 2, 3 từ một nhà cung cấp; chào bán vào tháng 1, 2"
            ]
        );
        let told = told(&detail, &[]);
        assert_eq!(
            told,
            [
                "Needed in January, February, March; offered in March, December, but only from 2027-01-01 to 2027-02-28",
                "Cần vào tháng 1, 2, 3; chào bán vào tháng 3, 12, nhưng chỉ từ 01/01/2027 đến 28/02/2027"
            ]
        );
    }
}
