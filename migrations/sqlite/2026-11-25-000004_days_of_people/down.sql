DROP TABLE key_days;
CREATE TABLE key_days (
    key_id TEXT NOT NULL REFERENCES keys (id),
    day DATE NOT NULL,
    kind TEXT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (key_id, day, kind)
);
