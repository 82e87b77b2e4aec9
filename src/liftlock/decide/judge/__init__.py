"""Is what was upgraded healthy? Checks with thresholds, and upgraded hosts against untouched ones. Pure."""
