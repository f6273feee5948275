"""The context encoder: what was said and shown so far → vectors, and how well a text fits them."""
