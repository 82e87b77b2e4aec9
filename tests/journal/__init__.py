"""The record: disk, tree, notes, bundles, backups, processes."""
