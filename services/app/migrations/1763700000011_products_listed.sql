-- The list, page by page, however many were deleted.
create index concurrently if not exists products_listed on products (id) where deleted_at is null;
