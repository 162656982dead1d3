"""Git repositories in memory, as the forges' counterparts share them."""
