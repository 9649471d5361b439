-- Imports (contract 20): how far each has come; `attempt` rises with each time that its file is sent. Times are real ones.
-- kind and target: contacts, dataExtension or event, and the key that was named.
CREATE TABLE import (
  number {serial},
  account BIGINT NOT NULL,
  guid TEXT NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  format TEXT NOT NULL,
  status TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  rows_read BIGINT NOT NULL,
  rows_refused BIGINT NOT NULL,
  message TEXT NOT NULL,
  started BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  completed BIGINT
);

CREATE UNIQUE INDEX import_guid ON import (account, guid);

-- The first rows of each import that were refused; messages name fields, never values.
CREATE TABLE import_refusal (
  account BIGINT NOT NULL,
  import BIGINT NOT NULL,
  place BIGINT NOT NULL,
  errorcode INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (account, import, place)
);
