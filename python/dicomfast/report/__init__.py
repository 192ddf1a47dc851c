"""A capture as one HTML file for people: what was found, where the time went, and the conversations that show it.

`facts` adds up one pass over the tables, in plain values and with bounds; `pick` says which associations are looked at closely, `closer`
reads these in a second pass. `markup`, `figures` and the files beside them draw it, `page` puts it together.
What it says first is what `dicomfast diagnose` says.
"""
