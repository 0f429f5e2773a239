-- Each change of a product leaves a note for the caches in its own transaction, whoever makes the change, and how.

create function note_product_changes() returns trigger language plpgsql as $$
declare
  regroups boolean := tg_op <> 'UPDATE'; -- lists in which it was not before, or is not any more
begin
  if tg_op = 'UPDATE' then
    select coalesce(bool_or((before.name, before.price_cents, before.deleted_at) is distinct from
      (changed.name, changed.price_cents, changed.deleted_at)), false)
    into regroups from before join changed using (id);
  end if;
  insert into outbox (queue, name, payload)
  select 'purge', 'product-changes', jsonb_build_object('ids', jsonb_agg(id order by id), 'regroups', regroups)
  from (select id, (row_number() over (order by id) - 1) / 100 as part from changed) as numbered
  group by part order by part;
  return null;
end $$;

create trigger products_inserted after insert on products
  referencing new table as changed for each statement execute function note_product_changes();
create trigger products_updated after update on products
  referencing old table as before new table as changed for each statement execute function note_product_changes();
create trigger products_deleted after delete on products
  referencing old table as changed for each statement execute function note_product_changes();
