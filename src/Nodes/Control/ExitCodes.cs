namespace Mmm.Control;

/// <summary>Exit codes of <c>mmm</c>, documented in docs/exit-codes.md. <c>mmm_control</c> keeps MMM's: 0 for every answer, 1 when no monitor answers.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>The answer begins with ERROR: refused, nothing was changed.</summary>
    public const int Refused = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>None of the monitors could be reached.</summary>
    public const int NoMonitor = 3;

    /// <summary>A monitor answers, but no coordinator does, or it cannot decide for want of a quorum; reads then show an old picture, or none.</summary>
    public const int NoCoordinator = 4;

    /// <summary>The token is missing or wrong.</summary>
    public const int NotAuthorised = 5;

    /// <summary>The configuration or the token file cannot be used (sysexits.h EX_CONFIG).</summary>
    public const int Config = 78;

    /// <summary>Ended by Ctrl-C (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
