"""`python -m lrtui` is `lrtui`."""

from lrtui.cli.app import main

main()
