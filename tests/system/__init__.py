"""Real processes, killed, against a stand-in Slack that repeats what was not acknowledged."""
