-- Answers to requests with an Idempotency-Key, written in the transaction of what they answer.

create table idempotency_keys (
  key text primary key,
  request_hash bytea not null, -- what the key was first used for
  response json not null, -- not jsonb, which would put the fields into another order than the first answer had
  created_at timestamptz not null default now()
);
create index idempotency_keys_created on idempotency_keys (created_at); -- the removal of old ones
