-- The market: offers and demands. The same columns stand in migrations/sqlite.
-- `quantity_base_milli` is the same quantity in thousandths of the base unit of its dimension, worked out in Rust
-- when the row was written; `months` has one bit for each month, January the lowest; `*_unit_base_milli` is how
-- many thousandths of the base one unit of the price is.

CREATE TABLE offers (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    origin TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    product_id TEXT COLLATE "C" NOT NULL REFERENCES products (id),
    quantity_milli BIGINT NOT NULL CHECK (quantity_milli > 0),
    unit TEXT COLLATE "C" NOT NULL,
    quantity_base_milli BIGINT NOT NULL CHECK (quantity_base_milli > 0),
    base_unit TEXT COLLATE "C" NOT NULL,
    months INTEGER NOT NULL CHECK (months BETWEEN 1 AND 4095),
    available_from DATE NOT NULL,
    available_until DATE,
    minimum_order_milli BIGINT CHECK (minimum_order_milli > 0),
    minimum_order_unit TEXT COLLATE "C",
    minimum_order_base_milli BIGINT CHECK (minimum_order_base_milli > 0),
    lead_time_days INTEGER CHECK (lead_time_days >= 0),
    price_cents BIGINT CHECK (price_cents > 0),
    price_currency TEXT COLLATE "C",
    price_unit TEXT COLLATE "C",
    price_unit_base_milli BIGINT CHECK (price_unit_base_milli > 0),
    price_basis TEXT COLLATE "C" CHECK (price_basis IN ('farm_gate', 'delivered')),
    price_vat_included BOOLEAN,
    price_as_of DATE,
    price_visibility TEXT COLLATE "C" CHECK (price_visibility IN ('public', 'keys', 'parties', 'hidden')),
    delivers_to TEXT COLLATE "C",
    remaining_shelf_life_days INTEGER CHECK (remaining_shelf_life_days > 0),
    closed_on DATE,
    closed_reason TEXT COLLATE "C",
    illustrative BOOLEAN NOT NULL,
    CHECK (available_until IS NULL OR available_until >= available_from),
    CHECK ((minimum_order_milli IS NULL) = (minimum_order_unit IS NULL) AND (minimum_order_milli IS NULL) = (minimum_order_base_milli IS NULL)),
    CHECK ((price_cents IS NULL) = (price_currency IS NULL) AND (price_cents IS NULL) = (price_unit IS NULL) AND (price_cents IS NULL) = (price_unit_base_milli IS NULL)),
    CHECK ((price_cents IS NULL) = (price_basis IS NULL) AND (price_cents IS NULL) = (price_vat_included IS NULL)),
    CHECK ((price_cents IS NULL) = (price_as_of IS NULL) AND (price_cents IS NULL) = (price_visibility IS NULL)),
    CHECK (closed_reason IS NULL OR closed_on IS NOT NULL)
);
CREATE INDEX offers_product ON offers (product_id, id);
CREATE INDEX offers_available ON offers (available_from, id);

CREATE TABLE demands (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    origin TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    buyer_id TEXT COLLATE "C" NOT NULL REFERENCES buyers (organisation_id),
    title TEXT COLLATE "C" NOT NULL,
    title_folded TEXT COLLATE "C" NOT NULL,
    words TEXT COLLATE "C",
    group_id TEXT COLLATE "C",
    quantity_milli BIGINT NOT NULL CHECK (quantity_milli > 0),
    unit TEXT COLLATE "C" NOT NULL,
    quantity_base_milli BIGINT NOT NULL CHECK (quantity_base_milli > 0),
    months INTEGER NOT NULL CHECK (months BETWEEN 1 AND 4095),
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    delivery_province_id TEXT COLLATE "C" NOT NULL,
    ceiling_cents BIGINT CHECK (ceiling_cents > 0),
    ceiling_currency TEXT COLLATE "C",
    ceiling_unit TEXT COLLATE "C",
    ceiling_basis TEXT COLLATE "C" CHECK (ceiling_basis IN ('farm_gate', 'delivered')),
    ceiling_vat_included BOOLEAN,
    ceiling_visibility TEXT COLLATE "C" CHECK (ceiling_visibility IN ('public', 'keys', 'parties', 'hidden')),
    least_stars INTEGER CHECK (least_stars BETWEEN 3 AND 5),
    required_certificates TEXT COLLATE "C" NOT NULL,
    preferred_certificates TEXT COLLATE "C" NOT NULL,
    minimum_remaining_shelf_life_days INTEGER CHECK (minimum_remaining_shelf_life_days > 0),
    answer_by DATE,
    suppliers_at_most INTEGER CHECK (suppliers_at_most > 0),
    closed_on DATE,
    closed_reason TEXT COLLATE "C",
    illustrative BOOLEAN NOT NULL,
    CHECK (words IS NOT NULL OR group_id IS NOT NULL),
    CHECK (ends_on >= starts_on),
    CHECK (answer_by IS NULL OR answer_by <= ends_on),
    CHECK ((ceiling_cents IS NULL) = (ceiling_currency IS NULL) AND (ceiling_cents IS NULL) = (ceiling_unit IS NULL) AND (ceiling_cents IS NULL) = (ceiling_basis IS NULL)),
    CHECK ((ceiling_cents IS NULL) = (ceiling_vat_included IS NULL) AND (ceiling_cents IS NULL) = (ceiling_visibility IS NULL)),
    CHECK (closed_reason IS NULL OR closed_on IS NOT NULL)
);
CREATE INDEX demands_buyer ON demands (buyer_id, id);
CREATE INDEX demands_starts ON demands (starts_on, id);
CREATE INDEX demands_title ON demands (title_folded, id);
CREATE INDEX demands_group ON demands (group_id, id);
CREATE INDEX demands_province ON demands (delivery_province_id, id);
