"""The exceptions of Despool; the text of each is the sentence its reader sees.

DespoolError
├── SettingsError       a setting is missing or malformed; names the variable and how to get it
├── KnowledgeError      a TOML under bot/knowledge is wrong
└── InputError          an input cannot be read; says what to do
    ├── EmptyInput
    ├── BinaryInput
    ├── InputTooLarge
    └── DamagedArchive
"""


class DespoolError(Exception):
    """Anything Despool refuses to go on with."""


class SettingsError(DespoolError):
    """A setting is missing or malformed."""


class KnowledgeError(DespoolError):
    """The advice shipped with Despool contradicts itself."""


class InputError(DespoolError):
    """An input cannot be read."""


class EmptyInput(InputError):
    """The input holds no bytes."""


class BinaryInput(InputError):
    """The input is neither text nor an event file."""


class InputTooLarge(InputError):
    """The input is larger than the limit that was set."""


class DamagedArchive(InputError):
    """The archive is broken, encrypted, or unpacks to more than the limit."""
