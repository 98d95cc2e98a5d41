using Mmm.Shared.Hooks;

namespace Mmm.Actors.Hooks;

/// <summary>Runs a hook's program.</summary>
public interface IHookRunner
{
    /// <summary>Runs <c>command EVENT HOST</c> to its end; never throws for what the program does.</summary>
    /// <param name="command">Absolute path.</param>
    /// <param name="e">What it is told.</param>
    /// <param name="timeout">After this it and everything that it has started are killed.</param>
    Task<HookEnd> RunAsync(string command, HookEvent e, TimeSpan timeout);
}

/// <summary>How a run ended.</summary>
/// <param name="Kind">In which way.</param>
/// <param name="ExitCode">Of the program; with <see cref="HookEndKind.Exited"/> only.</param>
/// <param name="Words">The first lines of its standard error, or why it could not be started.</param>
public sealed record HookEnd(HookEndKind Kind, int ExitCode, string Words);

/// <summary>Ways in which a run ends.</summary>
public enum HookEndKind
{
    Exited,

    /// <summary>It was killed.</summary>
    TimedOut,

    /// <summary>It is missing or cannot be executed.</summary>
    NotStarted,
}
