"""What is wrong or risky with a plan: a file of rules for each subject, and their codes."""
