-- Who changed what, and when (api.md 5.9): one row for each change, written with it and kept for ever. at is journey time,
-- real_at real time, both in ms. kind and action are words of store/audit.py; journey and version are 0 but for journeys.
-- thing is the id, name the key of what was changed. details is JSON, without secrets and without data of contacts.
CREATE TABLE audit (
  number {serial},
  account BIGINT NOT NULL,
  at BIGINT NOT NULL,
  real_at BIGINT NOT NULL,
  actor BIGINT NOT NULL,
  client TEXT NOT NULL,
  kind TEXT NOT NULL,
  action TEXT NOT NULL,
  thing TEXT NOT NULL,
  name TEXT NOT NULL,
  journey BIGINT NOT NULL,
  version INTEGER NOT NULL,
  details TEXT NOT NULL
);
CREATE INDEX audit_of_journey ON audit (account, journey, number) WHERE journey > 0;
CREATE INDEX audit_in_time ON audit (account, at, number);
CREATE INDEX audit_of_kind ON audit (account, kind, at, number);
-- Who asked for a publish or validate job, which runs later.
ALTER TABLE job ADD COLUMN actor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN client TEXT NOT NULL DEFAULT '';
-- The journey map of a business unit (api.md 5.5): whatever JSON object was posted last.
CREATE TABLE journey_map (
  account BIGINT PRIMARY KEY,
  document TEXT NOT NULL,
  created BIGINT NOT NULL,
  modified BIGINT NOT NULL
);
