//! Where things are: the province-level units by how much comes from each, with places in them.
//!
//! The places are districts and towns of the list before 2025, which people still name goods after.

use super::random::{Random, Weights};
use crate::reference::{ProvinceId, reference};
use chrono::NaiveDate;

/// Today's codes, from the unit with the most producers to the one with the fewest, each with places.
const PLACES: [(&str, &str); 34] = [
    ("01", "Ba Vì|Sóc Sơn|Chương Mỹ|Thạch Thất|Quốc Oai|Thường Tín|Phú Xuyên|Mê Linh|Đan Phượng|Hoài Đức|Gia Lâm|Ứng Hòa|Mỹ Đức"),
    ("40", "Nam Đàn|Thanh Chương|Đô Lương|Diễn Châu|Quỳnh Lưu|Con Cuông|Kỳ Sơn|Quế Phong|Nghĩa Đàn|Yên Thành|Anh Sơn|Cửa Lò"),
    ("38", "Nga Sơn|Hậu Lộc|Hoằng Hóa|Quảng Xương|Thọ Xuân|Ngọc Lặc|Bá Thước|Như Thanh|Vĩnh Lộc|Yên Định|Thường Xuân|Sầm Sơn"),
    ("37", "Kim Sơn|Nho Quan|Yên Khánh|Hải Hậu|Giao Thủy|Xuân Trường|Vụ Bản|Ý Yên|Lý Nhân|Kim Bảng|Duy Tiên|Gia Viễn"),
    ("33", "Khoái Châu|Kim Động|Tiên Lữ|Văn Giang|Thái Thụy|Tiền Hải|Kiến Xương|Quỳnh Phụ|Đông Hưng|Vũ Thư|Ân Thi|Phù Cừ"),
    ("25", "Đoan Hùng|Hạ Hòa|Thanh Sơn|Tân Sơn|Yên Lập|Lập Thạch|Tam Đảo|Cao Phong|Mai Châu|Lạc Thủy|Tân Lạc|Kim Bôi"),
    ("31", "Thanh Hà|Kinh Môn|Chí Linh|Ninh Giang|Tứ Kỳ|Cẩm Giàng|Cát Hải|Tiên Lãng|Vĩnh Bảo|Thủy Nguyên|An Lão|Kim Thành"),
    ("24", "Lục Ngạn|Yên Thế|Tân Yên|Lục Nam|Việt Yên|Hiệp Hòa|Gia Bình|Lương Tài|Thuận Thành|Quế Võ|Tiên Du|Sơn Động"),
    ("22", "Vân Đồn|Ba Chẽ|Bình Liêu|Tiên Yên|Đầm Hà|Hải Hà|Cô Tô|Đông Triều|Quảng Yên|Móng Cái|Hạ Long|Uông Bí"),
    ("86", "Bình Minh|Trà Ôn|Vũng Liêm|Tam Bình|Mang Thít|Chợ Lách|Giồng Trôm|Mỏ Cày|Ba Tri|Thạnh Phú|Cầu Kè|Trà Cú|Duyên Hải"),
    ("92", "Vĩnh Châu|Kế Sách|Mỹ Xuyên|Long Phú|Trần Đề|Ngã Năm|Mỹ Tú|Phong Điền|Cờ Đỏ|Thốt Nốt|Ô Môn|Phụng Hiệp|Long Mỹ|Vị Thủy"),
    ("82", "Cái Bè|Cai Lậy|Chợ Gạo|Gò Công|Tân Phước|Cao Lãnh|Lai Vung|Sa Đéc|Tháp Mười|Hồng Ngự|Lấp Vò|Thanh Bình"),
    ("91", "Tri Tôn|Tịnh Biên|Chợ Mới|Thoại Sơn|Châu Phú|An Phú|Phú Quốc|Hòn Đất|Gò Quao|An Biên|U Minh Thượng|Hà Tiên|Giồng Riềng"),
    ("68", "Đức Trọng|Đơn Dương|Lạc Dương|Bảo Lâm|Di Linh|Đam Rông|Hàm Thuận|Bắc Bình|Tuy Phong|Đắk Mil|Đắk Song|Gia Nghĩa"),
    ("48", "Trà My|Đại Lộc|Điện Bàn|Hội An|Duy Xuyên|Quế Sơn|Tiên Phước|Núi Thành|Tây Giang|Nam Giang|Hòa Vang|Phước Sơn"),
    ("51", "Lý Sơn|Trà Bồng|Sơn Tịnh|Đức Phổ|Mộ Đức|Nghĩa Hành|Ba Tơ|Đắk Hà|Kon Plông|Ngọc Hồi|Tu Mơ Rông|Sa Thầy"),
    ("66", "Krông Pắc|Krông Năng|Cư M'gar|Ea Kar|Buôn Đôn|Lắk|Krông Bông|Tuy An|Sông Cầu|Đồng Xuân|Sông Hinh|Tây Hòa"),
    ("52", "Chư Sê|Chư Prông|Đắk Đoa|Mang Yang|Kbang|An Khê|Ia Grai|Hoài Ân|Hoài Nhơn|Phù Mỹ|Tuy Phước|Tây Sơn|Vĩnh Thạnh"),
    ("42", "Hương Sơn|Hương Khê|Đức Thọ|Can Lộc|Thạch Hà|Cẩm Xuyên|Kỳ Anh|Vũ Quang|Nghi Xuân|Lộc Hà"),
    ("44", "Hải Lăng|Triệu Phong|Gio Linh|Vĩnh Linh|Hướng Hóa|Cam Lộ|Lệ Thủy|Bố Trạch|Quảng Trạch|Tuyên Hóa|Minh Hóa"),
    ("75", "Long Khánh|Xuân Lộc|Định Quán|Tân Phú|Thống Nhất|Cẩm Mỹ|Vĩnh Cửu|Bù Đăng|Bù Đốp|Lộc Ninh|Đồng Phú|Hớn Quản"),
    ("79", "Cần Giờ|Củ Chi|Hóc Môn|Bình Chánh|Dầu Tiếng|Phú Giáo|Bàu Bàng|Châu Đức|Xuyên Mộc|Long Điền|Đất Đỏ|Côn Đảo"),
    ("80", "Trảng Bàng|Gò Dầu|Dương Minh Châu|Tân Biên|Châu Thành|Tân Trụ|Cần Đước|Bến Lức|Đức Huệ|Mộc Hóa|Vĩnh Hưng|Thạnh Hóa"),
    ("96", "Năm Căn|Ngọc Hiển|U Minh|Trần Văn Thời|Đầm Dơi|Cái Nước|Phú Tân|Hồng Dân|Giá Rai|Đông Hải|Phước Long|Hòa Bình"),
    ("56", "Ninh Hòa|Vạn Ninh|Cam Lâm|Diên Khánh|Khánh Sơn|Khánh Vĩnh|Ninh Phước|Ninh Sơn|Thuận Nam|Bác Ái|Ninh Hải"),
    ("19", "Đại Từ|Phú Lương|Định Hóa|Võ Nhai|Đồng Hỷ|Phú Bình|Na Rì|Ba Bể|Chợ Đồn|Bạch Thông|Ngân Sơn|Pác Nặm"),
    ("08", "Hàm Yên|Chiêm Hóa|Na Hang|Sơn Dương|Yên Sơn|Lâm Bình|Mèo Vạc|Đồng Văn|Hoàng Su Phì|Quản Bạ|Xín Mần|Bắc Quang"),
    ("15", "Sa Pa|Bát Xát|Bắc Hà|Mường Khương|Bảo Yên|Văn Bàn|Văn Yên|Mù Cang Chải|Trạm Tấu|Văn Chấn|Lục Yên|Yên Bình"),
    ("14", "Mộc Châu|Yên Châu|Mai Sơn|Sông Mã|Thuận Châu|Bắc Yên|Vân Hồ|Phù Yên|Quỳnh Nhai|Mường La"),
    ("20", "Chi Lăng|Hữu Lũng|Bắc Sơn|Văn Quan|Bình Gia|Tràng Định|Lộc Bình|Cao Lộc|Đình Lập"),
    ("46", "Phong Điền|Quảng Điền|Hương Trà|Phú Vang|Phú Lộc|Nam Đông|A Lưới|Hương Thủy"),
    ("04", "Trùng Khánh|Trà Lĩnh|Hạ Lang|Quảng Hòa|Thạch An|Hòa An|Nguyên Bình|Bảo Lạc|Hà Quảng"),
    ("11", "Mường Ảng|Tuần Giáo|Mường Chà|Tủa Chùa|Điện Biên Đông|Mường Nhé|Nậm Pồ|Mường Lay"),
    ("12", "Tam Đường|Sìn Hồ|Phong Thổ|Than Uyên|Tân Uyên|Mường Tè|Nậm Nhùn"),
];

/// Where buyers are and want delivery, from most to least; the other units follow in the order above.
const MARKETS: [&str; 10] = ["79", "01", "75", "48", "31", "92", "24", "22", "82", "80"];

/// How fast the number of producers falls from province to province: the largest has ten times the smallest's.
const PRODUCERS_FALL: f64 = 0.65;
/// How fast demand falls: two cities take a third.
const MARKETS_FALL: f64 = 1.0;
/// So many of a thousand producers are still registered under a unit of the list of 63.
const UNDER_OLD_UNIT: u64 = 200;

/// One of today's units.
#[derive(Debug)]
pub struct Place {
    /// The unit that is in force.
    pub unit: ProvinceId,
    /// Its name without the rank.
    pub name: &'static str,
    /// Units of the list of 63 whose territory lies in it.
    pub old_units: Vec<ProvinceId>,
    /// Places in it.
    pub places: Vec<&'static str>,
}

/// Today's units with what is drawn among them.
#[derive(Debug)]
pub struct Places {
    /// The units, from the one with the most producers.
    pub all: Vec<Place>,
    by_producers: Weights,
    markets: Vec<usize>,
    by_demand: Weights,
}

impl Places {
    /// The units in force on `day`.
    pub fn on(day: NaiveDate) -> Self {
        let provinces = &reference().provinces;
        let all: Vec<Place> = PLACES
            .iter()
            .filter_map(|(code, places)| {
                let unit = provinces.by_code(code, day)?;
                let old =
                    provinces.all().iter().filter(|old| old.list_edition == 63 && provinces.current(old.id) == provinces.current(unit));
                Some(Place {
                    unit,
                    name: &provinces.get(unit).short_name,
                    old_units: old.map(|old| old.id).collect(),
                    places: places.split('|').collect(),
                })
            })
            .collect();
        let of_code = |code: &str| all.iter().position(|place| provinces.get(place.unit).code == code);
        let mut markets: Vec<usize> = MARKETS.iter().filter_map(|code| of_code(code)).collect();
        let rest: Vec<usize> = (0..all.len()).filter(|place| !markets.contains(place)).collect();
        markets.extend(rest);
        let by_producers = Weights::zipf(all.len(), PRODUCERS_FALL);
        let by_demand = Weights::zipf(all.len(), MARKETS_FALL);
        Self { all, by_producers, markets, by_demand }
    }

    /// Where a producer is.
    pub fn of_producer(&self, random: &mut Random) -> usize {
        self.by_producers.draw(random)
    }

    /// Where a buyer is or wants delivery.
    pub fn of_market(&self, random: &mut Random) -> usize {
        self.markets.get(self.by_demand.draw(random)).copied().unwrap_or(0)
    }

    /// The unit under which a producer at `place` is registered: today's, or still an old one.
    pub fn registered(&self, place: usize, random: &mut Random) -> Option<ProvinceId> {
        let place = self.all.get(place)?;
        let old = random.chance(UNDER_OLD_UNIT);
        Some(random.one(&place.old_units).filter(|_| old).copied().unwrap_or(place.unit))
    }

    /// The unit whose territory `code` is today.
    pub fn with_current_code(&self, code: &str) -> Option<usize> {
        self.all.iter().position(|place| reference().provinces.get(place.unit).code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_in_force_has_its_places() {
        let day = "2026-11-23".parse().unwrap();
        let places = Places::on(day);
        assert_eq!(places.all.len(), reference().provinces.in_force(day).count());
        assert!(places.all.iter().all(|place| place.places.len() >= 7 && !place.old_units.is_empty()));
        assert_eq!(places.all.iter().map(|place| place.old_units.len()).sum::<usize>(), 63);
    }

    #[test]
    fn two_cities_take_a_third_of_the_demand_and_a_fifth_of_the_producers_are_under_an_old_unit() {
        let day = "2026-11-23".parse().unwrap();
        let places = Places::on(day);
        let mut random = Random::of(1, 0, 0);
        let mut cities = 0;
        let mut old = 0;
        for _ in 0..20_000 {
            let market = places.of_market(&mut random);
            cities += i32::from(["Hồ Chí Minh", "Hà Nội"].contains(&places.all[market].name));
            let unit = places.registered(places.of_producer(&mut random), &mut random).unwrap();
            old += i32::from(!reference().provinces.get(unit).is_in_force(day));
        }
        // (1 + 1/2) of the sum of 1/k up to 34, which is 4.118.
        assert!((cities - 7_285).abs() < 300, "{cities}");
        assert!((old - 4_000).abs() < 250, "{old}");
    }
}
