-- The processes of a database, and what they ask of each other. Times are real ms by the database's clock.
-- name is the owner of leases, jobs and slots; role: serve, api, worker. Whoever finds until in the past may take over what
-- it owned. lag: by how many real ms it was behind with its lanes when it last told.
CREATE TABLE process (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  host TEXT NOT NULL,
  pid BIGINT NOT NULL,
  version TEXT NOT NULL,
  started BIGINT NOT NULL,
  until BIGINT NOT NULL,
  lanes INTEGER NOT NULL,
  lag BIGINT NOT NULL
);
-- Journey time of the last batch or renewal: a clock that runs by itself goes on from here after a restart (contract 32).
ALTER TABLE lease ADD COLUMN at BIGINT NOT NULL DEFAULT 0;
-- Who sends what lies in a lane by one way out: the epoch of the lease under which it was begun. Every recording of receipts checks it.
CREATE TABLE sender (
  lane INTEGER NOT NULL,
  way TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  PRIMARY KEY (lane, way)
) {clustered};
-- How often somebody has waited until nothing is runnable any more (design 8.22), and the last time when effects were waited
-- for too. One row that everybody changes, so the numbers are in the order of the commits.
CREATE TABLE ask (
  one SMALLINT PRIMARY KEY,
  number BIGINT NOT NULL,
  settle BIGINT NOT NULL
);
INSERT INTO ask (one, number, settle) VALUES (1, 0, 0);
-- What the owner of a lane has answered last: worked is 1 if there was something to do since its answer before, moved how
-- many contacts, due when (journey time) there is something to do next.
CREATE TABLE lane_rest (
  lane INTEGER PRIMARY KEY,
  ask BIGINT NOT NULL,
  worked SMALLINT NOT NULL,
  moved BIGINT NOT NULL,
  due BIGINT NOT NULL
);
