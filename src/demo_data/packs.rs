//! How goods are counted, usual packs, and the words that a name may add to a good, parted by bars.

/// How a group is counted: the base unit and whether tonnes are usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// In kilograms and tonnes.
    Mass,
    /// In litres.
    Volume,
    /// In pieces, by this unit.
    Pieces(&'static str),
}

impl Measure {
    /// Code of the unit in which a quantity is whole.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Mass => "KG",
            Self::Volume => "L",
            Self::Pieces(unit) => unit,
        }
    }
}

/// A pack: its unit, how much is in it, of which unit, and how a name says so.
pub type PackShape = (&'static str, i64, &'static str, &'static str);

/// Fruit and vegetables.
pub const FRESH: &[PackShape] =
    &[("THUNG", 10_000, "KG", "thùng 10 kg"), ("TUI", 1_000, "KG", "túi 1 kg"), ("THUNG", 5_000, "KG", "thùng 5 kg")];
/// Meat and fish.
pub const MEAT: &[PackShape] =
    &[("KHAY", 500_000, "G", "khay 500 g"), ("TUI_HCK", 1_000, "KG", "túi hút chân không 1 kg"), ("THUNG", 10_000, "KG", "thùng 10 kg")];
/// Grain.
pub const RICE: &[PackShape] = &[
    ("BAO", 10_000, "KG", "bao 10 kg"),
    ("TUI", 5_000, "KG", "túi 5 kg"),
    ("BAO", 25_000, "KG", "bao 25 kg"),
    ("TUI", 2_000, "KG", "túi 2 kg"),
];
/// Honey.
pub const JARS: &[PackShape] = &[
    ("LO", 500_000, "G", "lọ 500 g"),
    ("CHAI", 350_000, "G", "chai 350 g"),
    ("LO", 250_000, "G", "hũ 250 g"),
    ("HOP", 1_000, "KG", "hộp 1 kg"),
];
/// Dry goods.
pub const DRY: &[PackShape] = &[
    ("TUI", 500_000, "G", "túi 500 g"),
    ("HOP", 250_000, "G", "hộp 250 g"),
    ("TUI", 200_000, "G", "gói 200 g"),
    ("THUNG", 12_000, "KG", "thùng 12 kg"),
];
/// Tea and herbs.
pub const LEAVES: &[PackShape] =
    &[("HOP", 100_000, "G", "hộp 100 g"), ("TUI", 500_000, "G", "túi 500 g"), ("TUI_HCK", 200_000, "G", "túi hút chân không 200 g")];
/// Drinks and sauces.
pub const BOTTLES: &[PackShape] = &[
    ("CHAI", 500_000, "ML", "chai 500 ml"),
    ("CHAI", 750_000, "ML", "chai 750 ml"),
    ("CAN", 5_000, "L", "can 5 lít"),
    ("THUNG", 12_000, "L", "thùng 24 chai"),
];
/// Pieces.
pub const PIECES: &[PackShape] = &[("HOP", 6_000, "CAI", "hộp 6 chiếc"), ("THUNG", 24_000, "CAI", "thùng 24 chiếc")];
/// Flowers.
pub const STEMS: &[PackShape] = &[("BO", 10_000, "BONG", "bó 10 bông"), ("THUNG", 200_000, "BONG", "thùng 200 bông")];

pub const FRESH_WORDS: &str =
    "loại 1|loại đặc biệt|hữu cơ|sạch|VietGAP|chín cây|tuyển chọn|trái lớn|vụ sớm|vụ nghịch|chùm|cắt cành|sơ chế|ruột vàng|không hạt";
pub const MEAT_WORDS: &str = "tươi|cấp đông|thả vườn|nuôi rừng|hữu cơ|làm sạch|nguyên con|cắt khúc|phi lê|thảo mộc|loại 1|size lớn";
pub const RICE_WORDS: &str = "hữu cơ|lứt|đặc sản|dẻo thơm|mới|chất lượng cao|vụ mùa|lúa tôm|nguyên cám|xay xát truyền thống|hút chân không";
pub const SWEET_WORDS: &str = "rừng|nguyên chất|hoa nhãn|hoa cà phê|bạc hà|tinh chế|cao cấp|lên men|thượng hạng|nguyên tổ";
pub const SNACK_WORDS: &str =
    "truyền thống|đặc biệt|ít đường|giòn|mè đen|sầu riêng|lá dứa|gấc|cao cấp|thủ công|nhân đậu xanh|không đường|cay|mặn";
pub const DRIED_WORDS: &str =
    "sấy dẻo|sấy giòn|sấy lạnh|sấy thăng hoa|rang muối|tẩm mật ong|không đường|đóng hộp|muối chua|ngâm giấm|nguyên vị|đặc biệt";
pub const FISH_WORDS: &str = "khô|một nắng|rim mặn ngọt|hun khói|đóng hộp|tẩm gia vị|sấy|chua ngọt|cay|loại 1|gia truyền|ăn liền";
pub const SAUCE_WORDS: &str =
    "nguyên chất|cốt nhĩ|40 độ đạm|30 độ đạm|truyền thống|ủ chượp|hảo hạng|gia truyền|cá cơm|thượng hạng|không phụ gia";
pub const SPICE_WORDS: &str = "nguyên hạt|xay|sọ|đen|rang|sấy khô|tinh|hữu cơ|rừng|xay nhuyễn|tôm|ớt xanh|loại 1|chọn lọc";
pub const TEA_WORDS: &str =
    "shan tuyết|đinh|nõn tôm|móc câu|ướp sen|ướp nhài|cổ thụ|hữu cơ|thượng hạng|một tôm hai lá|lên men|túi lọc|đặc biệt";
pub const COFFEE_WORDS: &str =
    "rang mộc|nguyên hạt|rang xay|hòa tan|phin giấy|honey|natural|chế biến ướt|đặc sản|arabica|robusta|culi|hữu cơ";
pub const DRINK_WORDS: &str =
    "truyền thống|thượng hạng|ủ chum|hạ thổ|nếp cái hoa vàng|men lá|đặc biệt|lên men tự nhiên|không cồn|ít đường|nguyên chất";
pub const HERB_WORDS: &str = "cô đặc|cao|viên nang|túi lọc|tinh dầu|sấy lạnh|ngâm mật ong|thái lát|nguyên củ|cao cấp|thảo mộc|dưỡng ẩm";
pub const CRAFT_WORDS: &str =
    "thủ công|chạm khắc|men rạn|dệt tay|nhuộm chàm|sơn mài|khảm trai|tự nhiên|mini|trang trí|quà tặng|thêu tay|cỡ lớn";
pub const PLANT_WORDS: &str = "dáng trực|dáng thác|bonsai|chậu nhỏ|nhiều màu|giống mới|cắt cành|nở Tết|lâu năm|thuần chủng|mini";
pub const TRIP_WORDS: &str = "trải nghiệm|nghỉ đêm|một ngày|sinh thái|homestay|ẩm thực|về nguồn|mùa nước nổi|cuối tuần|miệt vườn";
