"""The exceptions of Despool; the text of each is the sentence its reader sees.

DespoolError
├── SettingsError         a setting is missing or malformed; names the variable and how to get it
├── KnowledgeError        a TOML under bot/knowledge is wrong
├── InputError            an input cannot be read; says what to do
│   ├── EmptyInput
│   ├── BinaryInput
│   ├── InputTooLarge
│   └── DamagedArchive
├── AnalysisFailed        bot.services: a large text took too long
├── JobsStopped           bot.incidents.jobs: the bot is about to end; bring the work again later
├── DeliveryFailed        bot.delivery: a reply could not be posted
├── FeedbackFailed        bot.feedback: a sample could not be kept
├── AgentUnknown          bot.agents: no agent reports from the server that was asked about
├── TooSlow               bot.agent: a file system did not answer in time
├── WorkerSilent          bot.agent.worker: what reads /proc gave no answer in time
├── ProgramFailed         bot.agent.programs: a program of the system gave no answer
├── WindowsRefused        bot.agent.win32: a call to Windows failed
├── ServiceRefused        bot.agent.service: Windows did not install, start or remove the service
├── CredentialRefused     bot.agent.probes: a relay's account is missing, or can be read by others
├── RelayRefused          bot.agent.probes: a server does not tell a relay which files are open
│   └── RelayUnreachable  trying again may help
├── FileRefused           bot.files: an uploaded file was not fetched
│   ├── FileTooLarge
│   ├── FileElsewhere     kept where the token must not go
│   ├── LoginPage         Slack wants a sign-in: names files:read and the reinstall
│   ├── FileGone
│   ├── NotALog           announced by its id alone, and of another kind
│   └── FileUnreachable   trying again helps
└── SlackError            bot.slack: a call to Slack did not succeed
    ├── SlackRefused      trying again does not help
    ├── SlackLimited      trying again helps, after the time it names
    └── SlackUnreachable  trying again helps; the call may have taken effect all the same

The stand-in workspace imports nothing of Despool and has one of its own, which is no error:
Refusal (bot.workspace.refusal), what Slack answers as data.
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
