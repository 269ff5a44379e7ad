"""What `bench_build` measures: received files to build from, our build in a copy of the project, and its peers.

`received` makes the files, `tree` the copy, `peers` the sources of Hugo and of stock Pelican from our own data file;
their templates and settings are in the folders `hugo` and `stock`; `report` is the tables.
"""
