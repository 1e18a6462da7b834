"""How to reach Clarus WMS: REST writes, GraphQL reads, webhooks that come in. No business meaning."""
