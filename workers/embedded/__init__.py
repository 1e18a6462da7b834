"""Postgres, Redis and a supervisor out of the box: one machine, one user, nothing to install.

Import from the modules: ``postgres.EmbeddedPostgres``, ``redis.EmbeddedRedis``, ``supervision.Fleet``,
``procfile.read_procfile``. Each of them is also a program, so this package imports none of them.
"""
