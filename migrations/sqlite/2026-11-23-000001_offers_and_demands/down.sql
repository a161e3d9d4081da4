DROP TABLE demands;
DROP TABLE offers;
