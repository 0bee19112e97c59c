"""The labeling queue: several annotators label recorded drawings, and two of them must agree."""
