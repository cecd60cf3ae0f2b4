"""The same command without its script: `python -m provider.cli`."""

from provider.cli import main

main()
