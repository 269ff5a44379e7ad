"""Process on many machines: bulletins from a folder, JSON Lines, Parquet or WARC into the store of a build.

`sources.read` reads a URL, `landing.land` puts what it holds into the content folder, `filling.fill` maps the pure way
of a bulletin over it in partitions, and `workers` is where Dask does that. Needs the extra `tongbao[cluster]`.
Workers load `filling` and `workers` only.
"""
