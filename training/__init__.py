"""Training data and their augmentation, and the evaluation of the model. mnist_train.py does the training."""
