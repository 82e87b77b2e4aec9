"""The append-only record: stores, blobs, the Merkle tree, signed checkpoints, bundles, backups."""
