"""Old months of the log in Parquet files: written, checked, dropped from the database, and read again as one log with it.

`folder.py` knows the files and the manifest, `rows.py` moves a table's rows, `played.py` what engines were told, `books.py` what
is open at the end of a month, `keep.py` archives a month, `whole_log.py` lets every statement see archive and tables as one.
"""
