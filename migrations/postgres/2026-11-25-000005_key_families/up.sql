-- A key that replaces another is of its family: quotas of a day are the family's, so that nobody gets more by replacing a key.
ALTER TABLE keys ADD COLUMN family_id TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE keys SET family_id = id;
