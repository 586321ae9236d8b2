"""`python -m zoo`."""

from .cli import main

main()
