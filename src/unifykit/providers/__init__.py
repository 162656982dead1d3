"""One room a provider. They do not know each other."""
