"""Where training data come from and how they vary; `mnist_train.py` at the top puts it together."""
