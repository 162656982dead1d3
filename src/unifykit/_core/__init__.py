"""The pipeline without its I/O: engine, modes, operations, pagers, models."""
