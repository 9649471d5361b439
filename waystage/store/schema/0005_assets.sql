-- E-mail content: assets as posted, and one immutable row of rendered parts per save, which messages name.

CREATE TABLE asset (
  number {serial},
  account BIGINT NOT NULL,
  guid TEXT NOT NULL,
  legacy_id BIGINT NOT NULL,
  key TEXT NOT NULL,
  key_folded TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  document TEXT NOT NULL,
  content BIGINT NOT NULL,
  created BIGINT NOT NULL,
  created_by BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  modified_by BIGINT NOT NULL,
  deleted BIGINT
);

CREATE UNIQUE INDEX asset_legacy ON asset (account, legacy_id) WHERE deleted IS NULL;

CREATE UNIQUE INDEX asset_key ON asset (account, key_folded) WHERE deleted IS NULL;

CREATE INDEX asset_recent ON asset (account, modified) WHERE deleted IS NULL;

CREATE TABLE content (
  number {serial},
  account BIGINT NOT NULL,
  asset BIGINT NOT NULL,
  subject TEXT NOT NULL,
  html TEXT NOT NULL,
  text TEXT NOT NULL,
  created BIGINT NOT NULL
);

CREATE INDEX content_asset ON content (asset, number);
