"""`python -m portway_cli` is `portway`."""

from portway_cli.main import main

if __name__ == "__main__":
    main()
