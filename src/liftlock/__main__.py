"""`python -m liftlock`."""

from liftlock.cli.main import main

main()
