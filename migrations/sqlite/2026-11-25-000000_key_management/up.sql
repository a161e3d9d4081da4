-- Keys are managed over the API: narrower than their role, from certain addresses alone, replaced in time.
ALTER TABLE keys ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE keys ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE keys ADD COLUMN addresses TEXT NOT NULL DEFAULT '[]';
ALTER TABLE keys ADD COLUMN replaced_by_id TEXT;
ALTER TABLE keys ADD COLUMN revocation_reason TEXT;

-- When a key was used last, to the minute: bookkeeping of the service, no change of the register.
CREATE TABLE key_uses (
    key_id TEXT NOT NULL PRIMARY KEY REFERENCES keys (id),
    last_used_at TIMESTAMP NOT NULL
);
