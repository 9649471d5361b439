-- Finding messages by what became of them. Receipts are written by the sender, so the engine pays nothing for their index,
-- and next to nothing for one that only suppressed messages enter.
CREATE INDEX receipt_by_status ON receipt (lane, status, seq);
CREATE INDEX outbox_suppressed ON outbox (lane, seq) WHERE state = 2;
