"""Alembic's scripts for the record's database: env.py runs them, versions/ holds them."""
