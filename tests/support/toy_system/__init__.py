"""A warehouse system of the tests' own, as a new one would be added: orders by call, events as facts, stock by file."""
