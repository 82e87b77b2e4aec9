-- liftlock: expand
ALTER TABLE orders ADD COLUMN channel text;
