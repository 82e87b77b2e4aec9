"""Whole upgrades of a business system in three tiers, on real hosts, under constant load."""
