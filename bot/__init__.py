"""Despool: says which file was locked when Windows says the disk is full."""

__version__ = "0.1.0"
