"""Two captures, two connections or two receivers side by side: `dicomfast.compare`.

`ask` reads, `sides` is what belongs to whom, `pairs` which operation is which, `measures` the numbers, `words` the sentences, `result` what
comes out, `lines` the screen.
"""
