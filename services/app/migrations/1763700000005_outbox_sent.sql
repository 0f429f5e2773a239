-- The removal of what was sent some time ago.
create index concurrently if not exists outbox_sent on outbox (sent_at) where sent_at is not null;
