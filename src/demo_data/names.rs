//! Names of the shape that real ones have, all marked as invented.
//!
//! Vocabulary: the goods and words of each group, places, and brands of two syllables. Common brand syllables are a short
//! list; the others are put together from onsets and rimes, so that a million names have a few thousand syllables with
//! the long tail of a real catalogue.

use super::random::{Random, Weights};
use crate::organisations::{BuyerKind, LegalForm};

/// What every invented name ends with.
pub const MARK: &str = crate::market::text::tokens::INVENTED;

const SYLLABLES: &str = "Minh|Phát|An|Phúc|Lộc|Thành|Hưng|Thịnh|Hương|Quê|Việt|Nam|Tâm|Đức|Bảo|Ngọc|Kim|Long|Sơn|Hà|Thanh|Thảo|Xanh|Hồng|\
     Hoa|Mai|Lan|Phương|Đông|Tây|Bắc|Trung|Tín|Nghĩa|Hòa|Bình|Vạn|Đại|Tân|Phú|Mỹ|Quang|Anh|Dũng|Hải|Gia|Hiếu|Trường|Thiên|Nhật|Nguyên|\
     Khang|Cường|Vinh|Tiến|Lợi|Hạnh|Dung|Yến|Loan|Thu|Hiền|Cúc|Sen|Bông|Ba|Tư|Năm|Sáu|Bảy|Út";
const ONSETS: &str = "b|c|ch|d|đ|g|h|kh|l|m|n|ng|nh|ph|r|s|t|th|tr|v|x";
const RIMES: &str = "an|án|àn|ang|áng|àng|ao|ào|áo|ay|áy|ai|ài|ái|am|ám|ăn|ắn|ăng|ằng|ắc|âm|ấm|ân|ần|ấn|ầu|âu|ây|ầy|ấp|oa|oan|oàn|oài|oai|\
     on|ong|òng|óc|ô|ồ|ố|ôi|ồi|ôn|ồn|ông|ồng|ống|ốc|ơ|ờ|ơn|ơi|ới|u|ù|ú|ua|ùa|ung|ùng|úc|ui|uân|uyên|uyền|uôn|uông|ư|ừ|ưa|ưng|ừng|ươn|ường|ương|ưởng|ước|ượt|ươi";
/// How fast brand syllables become rarer.
const SYLLABLES_FALL: f64 = 0.5;
const RARE_FALL: f64 = 0.6;

const COOPERATIVE: &str = "Nông nghiệp|Nông nghiệp sạch|Dịch vụ nông nghiệp|Sản xuất và Thương mại|Nông sản an toàn|Thủy sản|Dược liệu|Trái cây|Chè|Rau an toàn|Làng nghề|Du lịch cộng đồng";
const COMPANY: &str = "Thực phẩm|Nông sản|Chế biến nông sản|Sản xuất Thương mại|Đặc sản|Xuất nhập khẩu|Dược liệu|Thủy sản|Trà và Cà phê|Nông nghiệp công nghệ cao";
const HOUSEHOLD: &str = "Hộ kinh doanh|Cơ sở sản xuất|Cơ sở|Hộ sản xuất|Lò bánh|Trại|Xưởng";

/// The vocabulary of brands.
#[derive(Debug)]
pub struct Names {
    common: Vec<String>,
    by_common: Weights,
    rare: Vec<String>,
    by_rare: Weights,
}

impl Names {
    /// Puts the syllables together.
    pub fn new() -> Self {
        let common: Vec<String> = SYLLABLES.split('|').map(str::to_owned).collect();
        let mut rare: Vec<String> =
            ONSETS.split('|').flat_map(|onset| RIMES.split('|').map(move |rime| capital(&format!("{onset}{rime}")))).collect();
        // Apart from the alphabet: what is rare has nothing to do with its letters.
        let n = rare.len() as u64;
        let mut random = Random::of(0, 0, n);
        for last in (1..rare.len()).rev() {
            let other = random.below(last as u64 + 1);
            rare.swap(last, usize::try_from(other).unwrap_or(0));
        }
        Self { by_common: Weights::zipf(common.len(), SYLLABLES_FALL), by_rare: Weights::zipf(rare.len(), RARE_FALL), common, rare }
    }

    /// A brand, such as "Minh Phát".
    pub fn brand(&self, random: &mut Random) -> String {
        let first = self.syllable(random);
        let second = self.syllable(random);
        format!("{first} {second}")
    }

    fn syllable(&self, random: &mut Random) -> &str {
        let (syllables, weights) = if random.chance(250) { (&self.rare, &self.by_rare) } else { (&self.common, &self.by_common) };
        syllables.get(weights.draw(random)).map_or("An", String::as_str)
    }

    /// A producer of this form, at a place, with a number that tells namesakes apart.
    pub fn producer(&self, form: LegalForm, place: &str, number: u64, random: &mut Random) -> String {
        let brand = self.brand(random);
        let name = match form {
            LegalForm::Cooperative if random.chance(500) => format!("Hợp tác xã {} {place} {number}", word(COOPERATIVE, random)),
            LegalForm::Cooperative => format!("Hợp tác xã {} {brand} {place}", word(COOPERATIVE, random)),
            LegalForm::CooperativeGroup => format!("Tổ hợp tác {brand} {place} {number}"),
            LegalForm::LimitedLiabilityCompany => format!("Công ty TNHH {} {brand} {place}", word(COMPANY, random)),
            LegalForm::JointStockCompany => format!("Công ty Cổ phần {} {brand} {place}", word(COMPANY, random)),
            LegalForm::PrivateEnterprise => format!("Doanh nghiệp tư nhân {brand} {place}"),
            _ => format!("{} {brand} {place} {number}", word(HOUSEHOLD, random)),
        };
        name + MARK
    }

    /// A buyer of this kind.
    pub fn buyer(&self, kind: BuyerKind, place: &str, random: &mut Random) -> String {
        let brand = self.brand(random);
        let what = match kind {
            BuyerKind::Supermarket => "Siêu thị",
            BuyerKind::RetailChain => "Chuỗi cửa hàng",
            BuyerKind::ConvenienceChain => "Chuỗi cửa hàng tiện lợi",
            BuyerKind::Wholesale => "Chợ đầu mối",
            BuyerKind::Distributor => "Công ty Phân phối",
            BuyerKind::Ecommerce => "Sàn thương mại điện tử",
            BuyerKind::Processor => "Công ty Chế biến",
            BuyerKind::Exporter => "Công ty Xuất khẩu",
            BuyerKind::Restaurant => "Nhà hàng",
            BuyerKind::Hotel => "Khách sạn",
            BuyerKind::Caterer => "Công ty Suất ăn",
            BuyerKind::Canteen => "Bếp ăn",
            BuyerKind::Other => "Công ty",
        };
        format!("{what} {brand} {place}{MARK}")
    }
}

/// One of the words of `list`, which are parted by bars.
pub fn word<'a>(list: &'a str, random: &mut Random) -> &'a str {
    let n = list.split('|').count();
    let at = random.below(n as u64);
    list.split('|').nth(usize::try_from(at).unwrap_or(0)).unwrap_or(list)
}

/// `text` with its first letter in upper case.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `text` with its first letter in lower case.
pub fn small(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn brands_have_well_over_a_thousand_syllables_in_a_long_tail() {
        let names = Names::new();
        let mut random = Random::of(1, 1, 1);
        let mut seen: HashSet<String> = HashSet::new();
        let mut common = 0;
        for _ in 0..50_000 {
            for syllable in names.brand(&mut random).split(' ') {
                common += i32::from(names.common.iter().any(|other| other == syllable));
                seen.insert(syllable.to_owned());
            }
        }
        assert!(seen.len() > 1_200, "{}", seen.len());
        assert!(common > 70_000, "three in four are common: {common}");
    }

    #[test]
    fn every_name_is_marked() {
        let names = Names::new();
        let mut random = Random::of(1, 1, 2);
        for form in [LegalForm::Cooperative, LegalForm::CooperativeGroup, LegalForm::LimitedLiabilityCompany, LegalForm::HouseholdBusiness]
        {
            assert!(names.producer(form, "Vĩnh Châu", 12, &mut random).ends_with("(minh họa)"));
        }
        assert!(names.buyer(BuyerKind::Supermarket, "Hà Nội", &mut random).starts_with("Siêu thị "));
    }
}
