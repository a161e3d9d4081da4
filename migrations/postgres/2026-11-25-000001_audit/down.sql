DROP TABLE audit_pending;
DROP TABLE audit_head;
DROP TABLE audit;
