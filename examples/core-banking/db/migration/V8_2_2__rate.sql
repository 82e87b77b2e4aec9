-- liftlock: expand
CREATE TABLE exchange_rate (
    currency char(3) NOT NULL,
    valid_from timestamptz NOT NULL,
    rate numeric(18, 8) NOT NULL,
    approved_by text NOT NULL,
    PRIMARY KEY (currency, valid_from)
);
