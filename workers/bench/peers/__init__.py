"""Other queues over Postgres, each posting the same order to the same warehouse: what the fleet is measured beside."""
