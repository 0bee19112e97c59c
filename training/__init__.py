"""Training data and their augmentation, training, and the evaluation of the model. mnist_train.py is the command."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it when it is imported
