"""What an operator runs: `digitpad records copy`, `backup` and `deliver`."""
