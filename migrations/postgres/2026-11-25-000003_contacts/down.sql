DROP TABLE personal_data_requests;
DROP TABLE introductions;
DROP TABLE contacts;
ALTER TABLE personal_codes ALTER COLUMN personal_code SET STATISTICS -1;
ALTER TABLE organisations ALTER COLUMN personal_code_digest SET STATISTICS -1;
