-- What is true of the whole database: how many lanes it was made with, and what its clock shows.
CREATE TABLE meta (
  one SMALLINT PRIMARY KEY,
  lanes INTEGER NOT NULL,
  made BIGINT NOT NULL
);
-- mode is virtual or scaled; a system clock has no row (contract 32).
CREATE TABLE journey_clock (
  one SMALLINT PRIMARY KEY,
  mode TEXT NOT NULL,
  real_start BIGINT NOT NULL,
  journey_start BIGINT NOT NULL,
  rate BIGINT NOT NULL
);
