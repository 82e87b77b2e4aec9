-- liftlock: expand
CREATE INDEX CONCURRENTLY orders_at ON orders (at);
