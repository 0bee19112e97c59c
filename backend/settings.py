"""Every setting: one home, a default, a description. They are read from the environment once, at start."""
