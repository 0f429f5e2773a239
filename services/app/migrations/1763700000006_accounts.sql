-- Who may sign in, and as what. A user without an account is a customer that has only ordered.

create table accounts (
  user_id integer primary key references users (id) on delete cascade,
  role text not null default 'customer' check (role in ('customer', 'staff', 'admin')),
  password_hash text, -- PHC string; without one the account has tokens only, and nobody can sign in
  created_at timestamptz not null default now()
);

-- Personal API tokens. Only hashes: who reads this table still cannot act as anybody.
create table api_tokens (
  id uuid primary key default gen_random_uuid(),
  user_id integer not null references accounts (user_id) on delete cascade,
  name text not null,
  token_hash bytea not null,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  constraint api_tokens_hash_unique unique (token_hash) -- the token of a request
);
create index api_tokens_user on api_tokens (user_id, created_at); -- the tokens of an account
