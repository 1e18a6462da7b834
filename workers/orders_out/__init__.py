"""The queue ``orders-out``: one fulfilment, its change or its cancellation, from Khaos Control to a warehouse."""
