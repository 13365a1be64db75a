"""What only Windows can be asked: its structures, its calls, and what their errors mean."""
