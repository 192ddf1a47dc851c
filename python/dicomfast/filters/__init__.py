"""Wireshark's display-filter language over the tables: text to tree (`lexer`, `parser`), tree to plan (`plan`), plan to frames or rows."""
