"""One file per technology, pure: action and context in, operation out; outcome in, evidence or a failure out."""
