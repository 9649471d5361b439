-- The calls that may be under way at once at a custom activity (concurrentRequests), over all processes (design 8.17). Who
-- holds a slot may have one call under way; owner is the name of a process, until real ms by the database's clock, wanted who
-- is to have it next. A slot without a row, or whose until is in the past, is anybody's.
CREATE TABLE slot (
  version BIGINT NOT NULL,
  activity INTEGER NOT NULL,
  number INTEGER NOT NULL,
  owner TEXT NOT NULL,
  until BIGINT NOT NULL,
  wanted TEXT NOT NULL,
  PRIMARY KEY (version, activity, number)
);
CREATE INDEX slot_of_owner ON slot (owner);
