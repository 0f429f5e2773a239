-- The orders of an account, the latest first.
create index concurrently if not exists orders_user_placed on orders (user_id, placed_at, id);
