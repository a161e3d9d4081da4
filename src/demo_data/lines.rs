//! How goods of each lowest OCOP group are sold: units, packs, shelf life, storage, prices, papers, words.
//!
//! Prices are of the order of size of 2026 in VND; nothing here is a quotation.

use super::packs::{
    BOTTLES, COFFEE_WORDS, CRAFT_WORDS, DRIED_WORDS, DRINK_WORDS, DRY, FISH_WORDS, FRESH, FRESH_WORDS, HERB_WORDS, JARS, LEAVES, MEAT,
    MEAT_WORDS, Measure, PIECES, PLANT_WORDS, PackShape, RICE, RICE_WORDS, SAUCE_WORDS, SNACK_WORDS, SPICE_WORDS, STEMS, SWEET_WORDS,
    TEA_WORDS, TRIP_WORDS,
};
use crate::products::Storage;

/// One lowest group.
#[derive(Debug)]
pub struct Line {
    /// Its code in the decision of 2026.
    pub code: &'static str,
    /// How it is counted.
    pub measure: Measure,
    /// Median price of one base unit in VND.
    pub price: f64,
    /// Scatter of the logarithm of the price.
    pub spread: f64,
    /// Shortest and longest shelf life in days; none where goods keep.
    pub shelf_life: Option<(i64, i64)>,
    /// How it is kept.
    pub storage: Option<Storage>,
    /// Usual packs.
    pub packs: &'static [PackShape],
    /// Words that a name may add.
    pub words: &'static str,
    /// Common goods.
    pub goods: &'static str,
    /// Where its papers are given to.
    pub site: Site,
}

/// What kind of place makes a group's goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// Land, herd or pond.
    Farm,
    /// A workshop for food, drink or herbs.
    Workshop,
    /// Nothing that has papers of its own.
    Other,
}

macro_rules! line {
    ($code:literal, $measure:expr, $price:literal, $spread:literal, $shelf_life:expr, $storage:expr, $packs:expr, $words:expr, $site:expr, $goods:literal) => {
        Line {
            code: $code,
            measure: $measure,
            price: $price,
            spread: $spread,
            shelf_life: $shelf_life,
            storage: $storage,
            packs: $packs,
            words: $words,
            goods: $goods,
            site: $site,
        }
    };
}

use Measure::{Mass, Pieces, Volume};
use Site::{Farm, Other, Workshop};
use Storage::{Ambient, Chilled, Cool, Frozen, Live};

/// The lowest groups of the decision of 2026, from the one with the most products to the one with the fewest.
pub static LINES: [Line; 26] = [
    line!(
        "I.3.c",
        Mass,
        140_000.0,
        0.6,
        Some((90, 540)),
        Some(Ambient),
        DRY,
        DRIED_WORDS,
        Workshop,
        "Mít sấy|Chuối sấy|Hạt điều rang muối|Đậu phộng rang|Khoai lang sấy|Mứt gừng|Mứt dừa|Dưa cải muối|Măng khô|Nấm hương khô|Kẹo lạc|Xoài sấy|Hạt sen sấy|Bột sắn dây|Trái cây sấy thập cẩm|Cà pháo muối|Kẹo chuối|Ô mai mơ|Mứt dâu tằm|Tinh bột nghệ|Nhãn sấy|Hồng treo gió|Rong nho tách nước|Đậu phụ nhự|Bưởi sấy"
    ),
    line!(
        "I.3.b",
        Mass,
        70_000.0,
        0.5,
        Some((7, 360)),
        Some(Ambient),
        DRY,
        SNACK_WORDS,
        Workshop,
        "Bún khô|Phở khô|Miến dong|Bánh tráng|Bánh phồng tôm|Bánh gai|Bánh chưng|Bánh cốm|Cơm cháy|Bánh in|Bánh hỏi khô|Bánh ít lá gai|Bánh đa nem|Hủ tiếu khô|Nui rau củ|Bánh khảo|Ngũ cốc dinh dưỡng|Bột ngũ cốc|Bánh quế|Bánh xèo khô|Cốm gạo|Chè lam|Bánh đa cua|Kẹo cốm"
    ),
    line!(
        "I.1.a",
        Mass,
        25_000.0,
        0.6,
        Some((5, 30)),
        Some(Cool),
        FRESH,
        FRESH_WORDS,
        Farm,
        "Cam sành|Bưởi da xanh|Xoài cát|Chuối già hương|Thanh long ruột đỏ|Ổi lê|Dưa lưới|Dưa hấu|Cà chua|Rau muống|Cải bắp|Khoai lang tím|Nấm bào ngư|Nấm rơm|Ớt chỉ thiên|Sầu riêng Ri6|Mít Thái|Mãng cầu xiêm|Chanh không hạt|Bí đỏ|Su su|Dứa|Chôm chôm|Nhãn xuồng|Vải thiều|Bơ 034|Dâu tây|Táo đại|Hồng giòn|Lạc nhân|Tỏi tía|Gừng|Nghệ tươi|Dừa tươi|Măng tây|Rau má|Hành lá|Khoai môn|Sen tươi|Hạt mắc ca"
    ),
    line!(
        "I.3.d",
        Mass,
        220_000.0,
        0.5,
        Some((15, 360)),
        Some(Chilled),
        MEAT,
        FISH_WORDS,
        Workshop,
        "Khô cá lóc|Khô cá sặc|Chả cá|Lạp xưởng|Nem chua|Thịt trâu gác bếp|Giò lụa|Chà bông|Tôm khô|Mực một nắng|Cá thu một nắng|Mắm cá linh|Mắm thái|Cá kho làng|Chả lụa|Trứng vịt muối|Xúc xích|Cá cơm sấy|Ruốc cá hồi|Gà ủ muối|Patê|Bò khô|Cá nục hấp|Khô nhái|Ghẹ sữa rim"
    ),
    line!(
        "I.2.a",
        Mass,
        24_000.0,
        0.35,
        Some((180, 365)),
        Some(Ambient),
        RICE,
        RICE_WORDS,
        Farm,
        "Gạo nếp cái hoa vàng|Gạo lứt|Gạo tám thơm|Gạo J02|Gạo Bắc thơm|Gạo Đài thơm 8|Gạo Nàng Hương|Gạo nếp than|Đậu xanh|Đậu đen xanh lòng|Ngô nếp khô|Vừng đen|Đậu nành|Kê vàng|Gạo huyết rồng|Hạt ý dĩ"
    ),
    line!(
        "I.4.b",
        Mass,
        110_000.0,
        0.6,
        Some((180, 720)),
        Some(Ambient),
        DRY,
        SPICE_WORDS,
        Workshop,
        "Tiêu đen|Tiêu sọ|Muối tôm|Muối ớt|Ớt bột|Bột nghệ|Quế thanh|Hồi khô|Thảo quả|Hạt dổi|Mắc khén|Sa tế|Tỏi đen|Hành phi|Muối hạt|Sả bột|Muối chẩm chéo|Gia vị nấu phở|Bột điều màu"
    ),
    line!(
        "I.5.a",
        Mass,
        350_000.0,
        0.7,
        Some((360, 720)),
        Some(Ambient),
        LEAVES,
        TEA_WORDS,
        Farm,
        "Chè xanh|Trà ô long|Chè búp|Hồng trà|Bạch trà|Trà nhài|Trà sen|Chè khô|Trà phổ nhĩ|Chè đinh ngọc|Matcha"
    ),
    line!(
        "I.1.b",
        Mass,
        120_000.0,
        0.5,
        Some((2, 180)),
        Some(Frozen),
        MEAT,
        MEAT_WORDS,
        Farm,
        "Gà thả vườn|Vịt cỏ|Thịt lợn đen|Thịt bò|Cá lăng|Cá tầm|Tôm sú|Tôm càng xanh|Cua biển|Lươn đồng|Trứng gà ta|Trứng vịt|Hàu sữa|Ốc hương|Cá diêu hồng|Ếch|Cá hồi|Thịt trâu|Sữa tươi|Ngao|Mực ống|Cá bớp|Thịt thỏ|Chim cút"
    ),
    line!(
        "I.2.b",
        Mass,
        220_000.0,
        0.8,
        Some((360, 1_095)),
        Some(Ambient),
        JARS,
        SWEET_WORDS,
        Farm,
        "Mật ong|Mật hoa dừa|Phấn hoa|Yến sào|Sữa ong chúa|Mật mía|Đông trùng hạ thảo tươi|Mật thốt nốt|Rong sụn"
    ),
    line!(
        "IV.1",
        Pieces("CAI"),
        150_000.0,
        0.9,
        None,
        None,
        PIECES,
        CRAFT_WORDS,
        Other,
        "Giỏ mây tre|Bình gốm|Tượng gỗ|Nón lá|Chiếu cói|Tranh thêu|Đèn lồng|Trống da|Hộp sơn mài|Túi lục bình|Đĩa gốm|Khay tre|Chuồn chuồn tre|Tranh gạo|Dao rèn|Bàn ghế mây|Thuyền gỗ mô hình|Tranh lá sen|Quạt nan"
    ),
    line!(
        "I.6",
        Mass,
        200_000.0,
        0.5,
        Some((360, 720)),
        Some(Ambient),
        DRY,
        COFFEE_WORDS,
        Workshop,
        "Cà phê bột|Cà phê hạt|Cà phê hòa tan|Ca cao bột|Sô cô la|Cà phê phin giấy|Hạt ca cao|Cà phê chồn"
    ),
    line!(
        "I.4.a",
        Volume,
        65_000.0,
        0.5,
        Some((360, 720)),
        Some(Ambient),
        BOTTLES,
        SAUCE_WORDS,
        Workshop,
        "Nước mắm|Tương bần|Nước tương|Mắm nêm|Tương ớt|Giấm gạo|Mắm tôm|Mắm ruốc|Dầu lạc|Dầu dừa|Nước cốt dừa|Dầu mè"
    ),
    line!(
        "I.5.b",
        Mass,
        280_000.0,
        0.6,
        Some((360, 720)),
        Some(Ambient),
        LEAVES,
        TEA_WORDS,
        Workshop,
        "Trà hoa cúc|Trà gừng|Trà atiso|Trà giảo cổ lam|Trà dây|Trà đông trùng|Trà lá sen|Trà cà gai leo|Trà hoa đậu biếc|Trà gạo lứt|Trà mướp đắng|Trà xạ đen|Trà vối"
    ),
    line!(
        "II.1.a",
        Volume,
        90_000.0,
        0.5,
        None,
        Some(Ambient),
        BOTTLES,
        DRINK_WORDS,
        Workshop,
        "Rượu nếp|Rượu gạo|Rượu ngô|Rượu nếp cẩm|Rượu đế|Rượu thóc|Rượu sắn"
    ),
    line!(
        "III.3",
        Mass,
        450_000.0,
        0.8,
        Some((360, 1_095)),
        Some(Ambient),
        LEAVES,
        HERB_WORDS,
        Workshop,
        "Tinh dầu sả|Tinh dầu tràm|Tinh dầu quế|Đinh lăng khô|Ba kích tím|Nấm linh chi|Hà thủ ô|Sâm dây|Nhân sâm|Thạch hộc|Cà gai leo khô|Tinh dầu bưởi|Đương quy"
    ),
    line!(
        "II.1.b",
        Volume,
        120_000.0,
        0.6,
        Some((360, 1_095)),
        Some(Ambient),
        BOTTLES,
        DRINK_WORDS,
        Workshop,
        "Rượu mơ|Rượu vang nho|Rượu cần|Rượu dừa|Rượu sim|Rượu chuối hột|Rượu táo mèo|Rượu vang thanh long|Rượu trái nhàu"
    ),
    line!(
        "III.1",
        Mass,
        600_000.0,
        0.7,
        Some((540, 1_095)),
        Some(Ambient),
        LEAVES,
        HERB_WORDS,
        Workshop,
        "Cao gắm|Cao ban long|Viên nghệ mật ong|Cao cà gai leo|Viên tảo xoắn|Cao dây thìa canh|Bột tam thất|Viên đông trùng hạ thảo"
    ),
    line!(
        "II.2.b",
        Volume,
        35_000.0,
        0.5,
        Some((180, 360)),
        Some(Ambient),
        BOTTLES,
        DRINK_WORDS,
        Workshop,
        "Nước ép xoài|Nước yến|Sữa bắp|Nước sâm|Nước mía đóng chai|Sirô dâu tằm|Nước cốt chanh dây|Sữa hạt sen|Nước dừa đóng chai|Nước ép nho"
    ),
    line!(
        "VI.1",
        Pieces("KHACH"),
        450_000.0,
        0.5,
        None,
        None,
        &[],
        TRIP_WORDS,
        Other,
        "Du lịch cộng đồng|Du lịch vườn|Homestay nhà sàn|Khu du lịch sinh thái|Tour làng nghề|Điểm du lịch nông nghiệp|Chợ nổi"
    ),
    line!(
        "IV.2",
        Pieces("CAI"),
        220_000.0,
        0.8,
        None,
        None,
        PIECES,
        CRAFT_WORDS,
        Other,
        "Khăn thổ cẩm|Áo dài lụa|Túi thổ cẩm|Chăn bông|Váy nhuộm chàm|Khăn rằn|Áo bà ba|Lụa tơ tằm|Khăn lụa"
    ),
    line!(
        "V.2",
        Pieces("CAY"),
        350_000.0,
        1.0,
        None,
        Some(Live),
        &[],
        PLANT_WORDS,
        Farm,
        "Mai vàng|Đào bích|Quất cảnh|Sanh cảnh|Bưởi cảnh|Mai chiếu thủy|Sen đá|Cây kim tiền"
    ),
    line!(
        "I.3.a",
        Mass,
        90_000.0,
        0.4,
        Some((90, 270)),
        Some(Ambient),
        DRY,
        SNACK_WORDS,
        Workshop,
        "Cháo ăn liền|Phở ăn liền|Bún cá ăn liền|Miến gà ăn liền|Lẩu mắm cô đặc|Cơm lam|Súp rong biển"
    ),
    line!(
        "V.1",
        Pieces("BONG"),
        4_000.0,
        0.6,
        Some((5, 15)),
        Some(Cool),
        STEMS,
        PLANT_WORDS,
        Farm,
        "Hoa hồng|Hoa cúc|Hoa ly|Hoa lan hồ điệp|Hoa đồng tiền|Hoa cẩm tú cầu|Hoa sen|Hoa lay ơn"
    ),
    line!(
        "III.2",
        Pieces("CAI"),
        85_000.0,
        0.6,
        Some((540, 1_095)),
        Some(Ambient),
        PIECES,
        HERB_WORDS,
        Workshop,
        "Xà phòng thảo dược|Dầu gội bồ kết|Son dầu gấc|Nước hoa hồng|Kem nghệ|Muối tắm thảo mộc|Dầu xoa bóp|Sữa rửa mặt trà xanh"
    ),
    line!(
        "II.2.a",
        Volume,
        8_000.0,
        0.4,
        Some((360, 720)),
        Some(Ambient),
        BOTTLES,
        DRINK_WORDS,
        Workshop,
        "Nước khoáng|Nước uống tinh khiết|Nước suối|Nước ion kiềm"
    ),
    line!(
        "V.3",
        Pieces("CON"),
        120_000.0,
        0.9,
        None,
        Some(Live),
        &[],
        PLANT_WORDS,
        Farm,
        "Cá koi|Cá bảy màu|Chim cu gáy|Gà Đông Tảo cảnh|Cá rồng|Cá la hán"
    ),
];
