ALTER TABLE keys DROP COLUMN family_id;
