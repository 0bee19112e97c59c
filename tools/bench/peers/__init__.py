"""Other model servers with the same network; they are installed in an environment of their own."""
