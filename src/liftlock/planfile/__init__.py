"""YAML to Plan, or findings with line and column; JSON Schema for editors; templates."""
