"""Made-up exports of any size in Confluence's own format: the same ones for the same seed.

`write_sample` writes a package; `damages.py` and `causes.py` plant what an importer must cope with
and what a check must find.
"""
