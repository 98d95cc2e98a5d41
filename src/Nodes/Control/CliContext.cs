namespace Mmm.Control;

/// <summary>Everything the command line touches outside itself, so that tests can stand in for it.</summary>
/// <param name="Out">Answers.</param>
/// <param name="Error">Complaints.</param>
/// <param name="Environment">Value of an environment variable; null when not set.</param>
/// <param name="Zone">For times shown to people.</param>
/// <param name="Time">For ages.</param>
/// <param name="User">Who gives a command, for the monitors' log: <c>user@machine</c>.</param>
/// <param name="NewId">Makes a command's id.</param>
/// <param name="Interactive">True: <see cref="Out"/> is a terminal, colours may be used.</param>
/// <param name="Width">Columns of the terminal; wide where there is none, so that no line is broken.</param>
/// <param name="DefaultConfigs">Configuration files to try, in order, when none is named.</param>
internal sealed record CliContext(
    TextWriter Out,
    TextWriter Error,
    Func<string, string?> Environment,
    TimeZoneInfo Zone,
    TimeProvider Time,
    string User,
    Func<string> NewId,
    bool Interactive,
    int Width,
    IReadOnlyList<string> DefaultConfigs);
