"""The append-only record: events, blobs, Merkle tree, checkpoints, locks."""
