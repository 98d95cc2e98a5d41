namespace Mmm.Monitor;

/// <summary>What the process ends with; the numbers are those of sysexits.h where it has one. Told by <c>--help</c> and docs/exit-codes.md.</summary>
internal static class ExitCodes
{
    /// <summary>Asked to stop.</summary>
    public const int Stopped = 0;

    /// <summary>EX_USAGE: the command line is wrong.</summary>
    public const int Usage = 64;

    /// <summary>EX_DATAERR: --bootstrap finds nothing that it could go on with, or the monitor is still running.</summary>
    public const int Unusable = 65;

    /// <summary>EX_UNAVAILABLE: an address or port this node needs cannot be had.</summary>
    public const int AddressUnavailable = 69;

    /// <summary>EX_SOFTWARE: a defect.</summary>
    public const int Defect = 70;

    /// <summary>EX_TEMPFAIL: this node has lost its place among the monitors; start it again and it joins them.</summary>
    public const int StartAgain = 75;

    /// <summary>EX_CONFIG: the configuration is not valid.</summary>
    public const int Configuration = 78;

    /// <summary>For <c>--help</c>.</summary>
    public const string Help = """
        Exit codes:
          0   stopped on request
          64  wrong command line
          65  --bootstrap: no decision on this disk, or the monitor is still running; nothing was changed
          69  an address or port it needs is in use or not on this machine
          70  a defect of the program; the log says more
          75  it was removed from the monitors (cut off, or paused for too long): start it again, it joins them (systemd: Restart=always)
          78  the configuration is not valid; every problem is listed on stderr
        """;
}
