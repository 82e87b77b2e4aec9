-- liftlock: expand
ALTER TABLE account DROP COLUMN old_rate;
