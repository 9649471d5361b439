-- Journeys and their versions. live is 1 until every version is deleted, then NULL, so that the key is free again
-- (unique indexes of both databases take NULLs for different).
CREATE TABLE journey (
  number {serial},
  account BIGINT NOT NULL,
  guid TEXT NOT NULL,
  key TEXT NOT NULL,
  key_folded TEXT NOT NULL,
  live SMALLINT,
  created BIGINT NOT NULL
);

CREATE UNIQUE INDEX journey_key ON journey (account, key_folded, live);

CREATE UNIQUE INDEX journey_guid ON journey (account, guid);

-- document is the body as completed on save, without what the server owns; workflow_tenths is workflowApiVersion times ten;
-- published is when the version was last published, in ms, or NULL.
CREATE TABLE version (
  number {serial},
  account BIGINT NOT NULL,
  journey BIGINT NOT NULL,
  definition_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  status TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  description_folded TEXT NOT NULL,
  definition_type TEXT NOT NULL,
  workflow_tenths SMALLINT NOT NULL,
  document TEXT NOT NULL,
  created BIGINT NOT NULL,
  created_by BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  modified_by BIGINT NOT NULL,
  published BIGINT
);

CREATE UNIQUE INDEX version_of_journey ON version (journey, version);

CREATE UNIQUE INDEX version_definition ON version (account, definition_id);

CREATE INDEX version_recent ON version (account, modified);

CREATE TABLE version_tag (
  version BIGINT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (version, name)
);
