CREATE TABLE orders (id text PRIMARY KEY, item text NOT NULL, qty integer NOT NULL, at timestamptz DEFAULT now());
ALTER TABLE orders OWNER TO orders;
