-- People with a token of an OpenID provider have their share of a day too, and no row among the keys. What was counted so
-- far today is forgotten.
DROP TABLE key_days;
CREATE TABLE key_days (
    key_id TEXT COLLATE "C" NOT NULL,
    day DATE NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (key_id, day, kind)
);
