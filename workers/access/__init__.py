"""Who may do what: roles and their rights, accounts, sessions, and the record of what each person did."""
