-- What reads need to cost as much in a large business unit as in a small one.
-- A page of the journey list is read from the end of an index; guid is the journey's id, by which ties are broken (D-33).
ALTER TABLE version ADD COLUMN guid TEXT NOT NULL DEFAULT '';
UPDATE version SET guid = (SELECT j.guid FROM journey j WHERE j.number = version.journey);
DROP INDEX version_recent;
CREATE INDEX version_listed ON version (account, modified DESC, guid, version DESC, status, journey);
CREATE INDEX version_by_name ON version (account, name_folded, guid, version DESC, status, journey);
-- What most filters look at, without the documents.
CREATE INDEX version_searched ON version (account, status, journey, version, definition_type, workflow_tenths{searched_texts});
{narrow_versions};
-- How many journeys there are is counted here.
CREATE INDEX journey_live ON journey (account) WHERE live = 1;
CREATE INDEX version_published ON version (account, number, status, stopped, published) WHERE published IS NOT NULL;
CREATE INDEX version_tag_name ON version_tag (name, version);
-- The ways of one version among those of all; a way is written once.
CREATE INDEX path_of_version ON path (lane, version);
-- Whose message could not be delivered; only failures enter the index, and 0 stands for receipts of anything else.
ALTER TABLE receipt ADD COLUMN contact BIGINT NOT NULL DEFAULT 0;
UPDATE receipt SET contact = coalesce((SELECT o.contact FROM outbox o WHERE o.lane = receipt.lane AND o.seq = receipt.seq), 0)
  WHERE status = 'failed';
CREATE INDEX receipt_failed_of_contact ON receipt (lane, contact, at, seq) WHERE status = 'failed';
