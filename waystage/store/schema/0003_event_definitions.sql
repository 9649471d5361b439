-- Event definitions: named kinds of events, and which journey versions listen to them.

CREATE TABLE event_definition (
  number {serial},
  account BIGINT NOT NULL,
  guid TEXT NOT NULL,
  key TEXT NOT NULL,
  key_folded TEXT NOT NULL,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  data_extension BIGINT NOT NULL,
  from_schema SMALLINT NOT NULL,
  document TEXT NOT NULL,
  created BIGINT NOT NULL,
  created_by BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  modified_by BIGINT NOT NULL,
  deleted BIGINT
);

CREATE UNIQUE INDEX event_definition_guid ON event_definition (account, guid);

CREATE UNIQUE INDEX event_definition_key ON event_definition (account, key_folded) WHERE deleted IS NULL;

CREATE INDEX event_definition_recent ON event_definition (account, modified) WHERE deleted IS NULL;

CREATE INDEX event_definition_extension ON event_definition (account, data_extension) WHERE deleted IS NULL;

CREATE TABLE version_event (
  account BIGINT NOT NULL,
  version BIGINT NOT NULL,
  event_definition BIGINT NOT NULL,
  PRIMARY KEY (version, event_definition)
);

CREATE INDEX version_event_definition ON version_event (event_definition, version);
