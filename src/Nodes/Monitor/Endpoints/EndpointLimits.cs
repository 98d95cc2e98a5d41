namespace Mmm.Monitor.Endpoints;

/// <summary>What the endpoint takes and how long it waits.</summary>
internal static class EndpointLimits
{
    /// <summary>The largest request there is, a command, is a few hundred bytes.</summary>
    public const int MaxBodyBytes = 16 * 1024;

    /// <summary>Deadline of the coordinator's answer: longer than a takeover (4 s, spec 07), so that a command during one succeeds.</summary>
    public static readonly TimeSpan CommandDeadline = TimeSpan.FromSeconds(5);

    /// <summary>Deadline of this node's own actors, which answer from memory.</summary>
    public static readonly TimeSpan LocalDeadline = TimeSpan.FromSeconds(2);

    /// <summary>Deadline of the other monitors' keepers: they answer from memory, and an operator is waiting for the screen.</summary>
    public static readonly TimeSpan KeeperDeadline = TimeSpan.FromMilliseconds(700);

    /// <summary>Longest line of MMM's own protocol: the longest command is two host names.</summary>
    public const int MaxLineBytes = 1024;

    /// <summary>How long a client of MMM's own protocol may take for its next line.</summary>
    public static readonly TimeSpan LineDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Most actors listed at once: a monitor has some dozens, and a screen of more is of no use.</summary>
    public const int MaxActors = 2000;

    /// <summary>Most levels below the actor that is asked for.</summary>
    public const int MaxActorDepth = 32;

    /// <summary>Log lines of an answer that asks for no number.</summary>
    public const int UsualLogLines = 100;

    /// <summary>Wrong tokens of one address within a minute that are answered with 401; more only with 429. A person mistypes a few, a guesser needs millions.</summary>
    public const int WrongTokensPerMinute = 20;

    /// <summary>Changes of one caller: each is a decision that is stored by a quorum, some 10 ms of the coordinator's time.</summary>
    public const int ChangesPerSecond = 20;

    /// <summary>Reads of one address, answered from memory: more than a wall of dashboards asks for.</summary>
    public const int ReadsPerSecond = 200;

    /// <summary>Readers of the stream of events at the same time: an eighth of the connections.</summary>
    public const int MaxStreamReaders = 64;

    public const int MaxIdLength = 64;

    /// <summary>Longest argument: a host name has at most 253 characters.</summary>
    public const int MaxArgumentLength = 253;

    /// <summary>Longest <c>by</c>.</summary>
    public const int MaxByLength = 128;
}
