-- liftlock: expand
-- `qty` becomes `quantity`; until the contract, whoever writes one writes both.
ALTER TABLE orders ADD COLUMN quantity integer;
ALTER TABLE orders ALTER COLUMN qty DROP NOT NULL;
CREATE FUNCTION orders_quantity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.quantity := coalesce(NEW.quantity, NEW.qty);
  NEW.qty := coalesce(NEW.qty, NEW.quantity);
  RETURN NEW;
END $$;
CREATE TRIGGER orders_quantity BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_quantity();
