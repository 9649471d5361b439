-- Data extensions: named tables with typed fields; their rows are run-time data and lie elsewhere.

CREATE TABLE data_extension (
  number {serial},
  account BIGINT NOT NULL,
  guid TEXT NOT NULL,
  key TEXT NOT NULL,
  key_folded TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  schema TEXT NOT NULL,
  contact_field TEXT,
  document TEXT NOT NULL,
  created BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  deleted BIGINT
);

CREATE UNIQUE INDEX data_extension_guid ON data_extension (account, guid) WHERE deleted IS NULL;

CREATE UNIQUE INDEX data_extension_key ON data_extension (account, key_folded) WHERE deleted IS NULL;

CREATE UNIQUE INDEX data_extension_name ON data_extension (account, name_folded) WHERE deleted IS NULL;
