DROP INDEX mou_commitments_offer;
DROP INDEX mou_commitments_demand;
ALTER TABLE mou_commitments DROP COLUMN offer_id;
ALTER TABLE mou_commitments DROP COLUMN demand_id;
