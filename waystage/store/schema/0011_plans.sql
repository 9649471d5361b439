-- What publishing adds to a version. A seat is a resting place of a version (design 8.2); activity is its place in the document.
CREATE TABLE seat (
  number {serial},
  version BIGINT NOT NULL,
  activity INTEGER NOT NULL
);
CREATE INDEX seat_of_version ON seat (version);
-- One publish or validate job; an owner that is gone fails it at the next start.
CREATE TABLE job (
  id TEXT PRIMARY KEY,
  account BIGINT NOT NULL,
  version BIGINT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  owner TEXT NOT NULL,
  findings TEXT NOT NULL,
  created BIGINT NOT NULL,
  ended BIGINT
);
CREATE INDEX job_of_version ON job (version, status);
-- Frozen recipes of messages, by a number made from their content; an outbox row names one (design 8.1).
CREATE TABLE form (
  id BIGINT PRIMARY KEY,
  body TEXT NOT NULL
);
