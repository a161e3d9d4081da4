DROP TABLE key_days;
CREATE TABLE key_days (
    key_id TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    day DATE NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (key_id, day, kind)
);
