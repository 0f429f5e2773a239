-- Jobs that were decided in a transaction and are still to be published to the queue (transactional outbox).

create table outbox (
  id bigint generated always as identity primary key,
  job_id uuid not null default gen_random_uuid(), -- the queue's job id: publishing twice is publishing once
  queue text not null,
  name text not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index outbox_unsent on outbox (id) where sent_at is null; -- the relay; stays small, whatever was sent
