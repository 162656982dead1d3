"""Thin drivers of the engine, one for each I/O stack under the SDKs."""
