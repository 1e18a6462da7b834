"""The queue ``sku-sync``: one product for one warehouse, from Khaos Control to every warehouse."""
