"""The command line, `script/digitpad`; main.py has all commands."""
