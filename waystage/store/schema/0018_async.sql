-- What was accepted to be done after the answer: many events at once, and rows of data extensions. Kept for 30 days.
-- One POST async/events (api.md 7.2); number rises with the requests.
CREATE TABLE event_request (
  account BIGINT NOT NULL,
  number BIGINT NOT NULL,
  guid TEXT NOT NULL,
  definition BIGINT NOT NULL,
  event_key TEXT NOT NULL,
  key_folded TEXT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (account, number)
) {clustered};
CREATE UNIQUE INDEX event_request_guid ON event_request (account, guid);
CREATE INDEX event_request_in_time ON event_request (account, created, number);
CREATE INDEX event_request_of_event ON event_request (account, key_folded, created, number);
CREATE INDEX event_request_age ON event_request (created);
-- Its members in the order of the request; lane and event are 0 where a member was refused, contact_key is NULL without a usable one.
CREATE TABLE event_member (
  account BIGINT NOT NULL,
  request BIGINT NOT NULL,
  place INTEGER NOT NULL,
  contact_key TEXT,
  lane INTEGER NOT NULL,
  event BIGINT NOT NULL,
  errorcode INTEGER,
  message TEXT,
  PRIMARY KEY (account, request, place)
) {clustered};
CREATE INDEX event_member_contact ON event_member (account, contact_key);
CREATE INDEX event_member_event ON event_member (account, event) WHERE event <> 0;
-- One call of /data/v1/async/dataextensions (api.md 11.5). done: how many of its rows were carried out or refused so far.
CREATE TABLE row_request (
  guid TEXT PRIMARY KEY,
  account BIGINT NOT NULL,
  extension BIGINT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  total INTEGER NOT NULL,
  done INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  called BIGINT NOT NULL,
  picked BIGINT,
  completed BIGINT
);
CREATE INDEX row_request_pending ON row_request (called) WHERE completed IS NULL;
CREATE INDEX row_request_age ON row_request (called);
-- Its rows as they were sent, some in one piece, until they are carried out; first is the place of the first of them.
CREATE TABLE row_request_piece (
  request TEXT NOT NULL,
  first INTEGER NOT NULL,
  items TEXT NOT NULL,
  PRIMARY KEY (request, first)
) {clustered};
-- The rows of it that were refused, and why.
CREATE TABLE row_refusal (
  request TEXT NOT NULL,
  place INTEGER NOT NULL,
  account BIGINT NOT NULL,
  contact_key TEXT,
  errorcode INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (request, place)
) {clustered};
CREATE INDEX row_refusal_contact ON row_refusal (account, contact_key) WHERE contact_key IS NOT NULL;
-- Queries of rows that can be read on with (request tokens); expires is real time. sorted: rows come by values, not as they lie.
CREATE TABLE row_token (
  guid TEXT PRIMARY KEY,
  account BIGINT NOT NULL,
  extension BIGINT NOT NULL,
  query TEXT NOT NULL,
  sorted SMALLINT NOT NULL,
  count BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX row_token_expiry ON row_token (expires);
-- Behind which row a page of it begins.
CREATE TABLE row_token_page (
  token TEXT NOT NULL,
  page INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  contact BIGINT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (token, page)
) {clustered};
