-- liftlock: expand
CREATE INDEX CONCURRENTLY posting_booked_at ON posting (booked_at);
