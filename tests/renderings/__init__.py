"""Render one incident the many ways it reaches a reader, knowing nothing of who reads it."""
