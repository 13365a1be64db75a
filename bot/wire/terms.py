"""What stands in the fields of frames: how long a name may be, and how an id looks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Path = Annotated[str, Field(min_length=1, max_length=4096)]
Words = Annotated[str, Field(max_length=2000)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Seconds = Annotated[float, Field(ge=0, le=90 * 86400)]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
# such as "busy": what a program may act on; the text beside it is for people
Code = Annotated[str, Field(pattern=r"^[a-z-]{1,32}$")]
