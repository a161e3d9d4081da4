DROP TABLE personal_data_requests;
DROP TABLE introductions;
DROP TABLE contacts;
