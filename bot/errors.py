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
├── TryLater              nothing is wrong with the work itself: trying again later helps
│   ├── StoreUnavailable  bot.incidents.database: the database does not answer, or takes nothing
│   ├── Overtaken         bot.incidents.threads: another process changed the same thread meanwhile
│   ├── JobsStopped       bot.incidents.jobs: the bot is about to end; bring the work again later
│   ├── DeliveryFailed    bot.delivery: a reply could not be posted
│   └── NotYet            handlers.alerts: what an agent has seen came before its record
├── NowhereToLook         bot.delivery: a post of unknown fate cannot be looked for
├── ControlRefused        bot.control: the running bot did not do what a command asked
├── FeedbackFailed        bot.feedback: a sample could not be kept
├── AgentError            bot.agents: nothing came of asking an agent
│   ├── AgentUnknown      no agent reports from the server that was asked about
│   ├── AgentUnreachable  down, busy or slow: trying again helps
│   └── AgentRefused      it does not answer such a question
├── EnrolmentRefused      bot.agents: a server may not enrol like this
├── NotWelcome            bot.agents: an agent may not connect
├── FrameRefused          bot.wire.frames: what came is no frame of the protocol
├── AddressRefused        bot.wire.address: no address of a bot, or not encrypted
├── AgentConfigError      bot.agent: the agent's configuration is wrong; names the key
├── EnrolmentFailed       bot.agent: the bot did not take the enrolment
├── PathRefused           bot.agent: not allowed, or not there; one text for both
├── TooSlow               bot.agent: a file system did not answer in time
├── TooOften              bot.agent: the bot asks more than the admin allows
├── TooManyWatches        bot.agent: so many files are watched already
├── OutboxUnusable        bot.agent: the state cannot be kept on disk
├── AlreadyRunning        bot.agent: another agent has the same state
├── BotLost               bot.agent: the connection did not come about, or ended
│   └── BotRefused        only a person can change that
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


class TryLater(DespoolError):
    """Something in the way will pass, and the same work can succeed then."""

    soon = True  # whether a moment is enough; else it was waited for already


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
