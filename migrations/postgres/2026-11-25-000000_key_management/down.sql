DROP TABLE key_uses;
ALTER TABLE keys DROP COLUMN revocation_reason;
ALTER TABLE keys DROP COLUMN replaced_by_id;
ALTER TABLE keys DROP COLUMN addresses;
ALTER TABLE keys DROP COLUMN scopes;
ALTER TABLE keys DROP COLUMN version;
