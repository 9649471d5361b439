-- Run-time tables: lane leads every key, rows are inserted and deleted, never updated, except contact, row, counter, lease, mark.
CREATE TABLE lease (
  lane INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  until BIGINT NOT NULL,
  instances BIGINT NOT NULL,
  effects BIGINT NOT NULL,
  hops BIGINT NOT NULL,
  remarks BIGINT NOT NULL
);
CREATE TABLE lane_counter (
  lane INTEGER NOT NULL,
  name TEXT NOT NULL,
  next BIGINT NOT NULL,
  PRIMARY KEY (lane, name)
) {clustered};
CREATE TABLE contact (
  lane INTEGER NOT NULL,
  contact BIGINT NOT NULL,
  account BIGINT NOT NULL,
  key TEXT NOT NULL,
  created BIGINT NOT NULL,
  deleted BIGINT,
  data {json} NOT NULL,
  PRIMARY KEY (lane, contact),
  UNIQUE (lane, account, key)
) {clustered};
CREATE TABLE row (
  lane INTEGER NOT NULL,
  extension BIGINT NOT NULL,
  contact BIGINT NOT NULL,
  key TEXT NOT NULL,
  data {json} NOT NULL,
  PRIMARY KEY (lane, extension, contact, key)
) {clustered};
-- Where the row of a primary key lives, for extensions whose primary key does not hold the contact (design 8.14).
CREATE TABLE row_key (
  lane INTEGER NOT NULL,
  extension BIGINT NOT NULL,
  key TEXT NOT NULL,
  home INTEGER NOT NULL,
  contact BIGINT NOT NULL,
  PRIMARY KEY (lane, extension, key)
) {clustered};
-- kind 0 is an event; others are commands to the lane, see store/inbox.py.
CREATE TABLE inbox (
  lane INTEGER NOT NULL,
  id BIGINT NOT NULL,
  kind SMALLINT NOT NULL,
  account BIGINT NOT NULL,
  definition BIGINT NOT NULL,
  contact_key TEXT NOT NULL,
  row_key TEXT,
  data {json} NOT NULL,
  PRIMARY KEY (lane, id)
) {clustered};
-- One passage of one contact; its entry data is frozen here (design 8.7).
CREATE TABLE instance (
  lane INTEGER NOT NULL,
  instance BIGINT NOT NULL,
  version BIGINT NOT NULL,
  contact BIGINT NOT NULL,
  entered BIGINT NOT NULL,
  event BIGINT NOT NULL,
  data {json} NOT NULL,
  PRIMARY KEY (lane, instance)
) {clustered};
CREATE TABLE active (
  lane INTEGER NOT NULL,
  contact BIGINT NOT NULL,
  journey BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  PRIMARY KEY (lane, contact, journey, instance)
) {clustered};
CREATE TABLE past (
  lane INTEGER NOT NULL,
  contact BIGINT NOT NULL,
  journey BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  PRIMARY KEY (lane, contact, journey, instance)
) {clustered};
-- The only thing that moves. hop is the number of the hop that begins when the instance wakes.
CREATE TABLE queue (
  lane INTEGER NOT NULL,
  seat BIGINT NOT NULL,
  due BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  hop BIGINT NOT NULL,
  contact BIGINT NOT NULL,
  PRIMARY KEY (lane, seat, due, instance)
) {clustered};
-- One row per hop in the order of happening; merged into `hop` by instance behind the mark `merge`.
CREATE TABLE hop_log (
  lane INTEGER NOT NULL,
  seq BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  hop BIGINT NOT NULL,
  at BIGINT NOT NULL,
  path BIGINT NOT NULL,
  seat BIGINT NOT NULL,
  due BIGINT NOT NULL,
  PRIMARY KEY (lane, seq)
) {clustered};
CREATE TABLE hop (
  lane INTEGER NOT NULL,
  instance BIGINT NOT NULL,
  hop BIGINT NOT NULL,
  at BIGINT NOT NULL,
  path BIGINT NOT NULL,
  seat BIGINT NOT NULL,
  due BIGINT NOT NULL,
  PRIMARY KEY (lane, instance, hop)
) {clustered};
-- Interned ways of a hop: steps is JSON [[activity, outcome], …], ended the reason or ''.
CREATE TABLE path (
  lane INTEGER NOT NULL,
  id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  steps TEXT NOT NULL,
  ended TEXT NOT NULL,
  PRIMARY KEY (lane, id)
) {clustered};
-- activity 0 counts the version itself; names: see store/statistics.py.
CREATE TABLE counter (
  lane INTEGER NOT NULL,
  version BIGINT NOT NULL,
  activity INTEGER NOT NULL,
  name TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (lane, version, activity, name)
) {clustered};
-- What an activity gave out, for activities whose outputs are read later (journey-spec 3.6).
CREATE TABLE output (
  lane INTEGER NOT NULL,
  instance BIGINT NOT NULL,
  activity INTEGER NOT NULL,
  data {json} NOT NULL,
  PRIMARY KEY (lane, instance, activity)
) {clustered};
-- The message store. state: 0 to be delivered, 1 captured, 2 suppressed. parameters[0] is the address (design 8.1).
CREATE TABLE outbox (
  lane INTEGER NOT NULL,
  seq BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  hop BIGINT NOT NULL,
  version BIGINT NOT NULL,
  activity INTEGER NOT NULL,
  contact BIGINT NOT NULL,
  at BIGINT NOT NULL,
  content BIGINT NOT NULL,
  state SMALLINT NOT NULL,
  parameters {json} NOT NULL,
  PRIMARY KEY (lane, seq)
) {clustered};
CREATE TABLE receipt (
  lane INTEGER NOT NULL,
  seq BIGINT NOT NULL,
  attempt INTEGER NOT NULL,
  at BIGINT NOT NULL,
  status TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (lane, seq, attempt)
) {clustered};
-- attempt is the number of the next one, due in real time (contract 23).
CREATE TABLE retry (
  lane INTEGER NOT NULL,
  channel TEXT NOT NULL,
  due BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  attempt INTEGER NOT NULL,
  PRIMARY KEY (lane, channel, due, seq)
) {clustered};
-- How far a reader of an append-only table has come: `merge` in hop_log, a channel's name in outbox.
CREATE TABLE mark (
  lane INTEGER NOT NULL,
  name TEXT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (lane, name)
) {clustered};
-- Refusals, warnings and failures, written only when they happen (design 8.5). instance and activity 0: none.
CREATE TABLE remark (
  lane INTEGER NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  contact BIGINT NOT NULL,
  instance BIGINT NOT NULL,
  activity INTEGER NOT NULL,
  status TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (lane, seq)
) {clustered};
{work_tables}
