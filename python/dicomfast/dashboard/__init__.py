"""A screen that shows what goes on now: a model in plain Python, and a terminal that draws it."""
