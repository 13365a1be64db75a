"""What /proc tells of open files, read in a process of its own.

A stat of an open file can hang for as long as the file system behind it does, and no thread can be
ended. So the modules here run in a worker that is killed when it is late; they import the standard
library alone, and little of it, because a worker starts faster that way.
"""
