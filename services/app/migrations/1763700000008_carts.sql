-- Carts, products that are no longer sold, and orders that were called off.

alter table products add column deleted_at timestamptz; -- the row stays: orders name it, and its version goes on
alter table orders add column cancelled_at timestamptz;

create table carts (
  id uuid primary key default gen_random_uuid(),
  user_id integer references users (id) on delete cascade,
  token_hash bytea, -- of the visitor's cookie: who reads this table still cannot take a cart
  version integer not null default 1,
  touched_at timestamptz not null default now(),
  constraint carts_one_owner check (num_nonnulls(user_id, token_hash) = 1),
  constraint carts_user_unique unique (user_id), -- the cart of an account
  constraint carts_token_unique unique (token_hash) -- the cart of a visitor
);
create index carts_abandoned on carts (touched_at) where user_id is null; -- the removal of abandoned ones

-- No name and no price: those are the product's, whenever somebody looks.
create table cart_items (
  cart_id uuid not null references carts (id) on delete cascade,
  product_id integer not null,
  quantity integer not null check (quantity > 0),
  added_at timestamptz not null default clock_timestamp(),
  primary key (cart_id, product_id) -- the items of a cart
);
