-- liftlock: contract: 1.0 reads and writes qty
-- Nobody reads or writes `qty` any more.
DROP TRIGGER orders_quantity ON orders;
DROP FUNCTION orders_quantity();
ALTER TABLE orders DROP COLUMN qty;
