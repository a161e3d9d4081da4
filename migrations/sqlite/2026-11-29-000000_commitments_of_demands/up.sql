-- A commitment says which demand it is to meet, and of which offer it is made: what was proposed of a match is known as such,
-- and what is signed is not asked for again.
ALTER TABLE mou_commitments ADD COLUMN demand_id TEXT REFERENCES demands (id);
ALTER TABLE mou_commitments ADD COLUMN offer_id TEXT REFERENCES offers (id);
CREATE INDEX mou_commitments_demand ON mou_commitments (demand_id, mou_id) WHERE demand_id IS NOT NULL;
CREATE INDEX mou_commitments_offer ON mou_commitments (offer_id, mou_id) WHERE offer_id IS NOT NULL;
