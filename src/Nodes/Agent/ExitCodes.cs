namespace Mmm.Agent;

/// <summary>What the process ends with; the numbers are those of sysexits.h where it has one. Told by <c>--help</c>.</summary>
internal static class ExitCodes
{
    /// <summary>Asked to stop.</summary>
    public const int Stopped = 0;

    /// <summary>EX_USAGE: the command line is wrong.</summary>
    public const int Usage = 64;

    /// <summary>EX_UNAVAILABLE: an address or port it needs cannot be had, or another agent of this host runs.</summary>
    public const int Unavailable = 69;

    /// <summary>EX_SOFTWARE: a defect.</summary>
    public const int Defect = 70;

    /// <summary>EX_CANTCREAT: state_dir cannot be written.</summary>
    public const int NoStateFolder = 73;

    /// <summary>EX_NOPERM: it may not change the host's addresses.</summary>
    public const int NotPermitted = 77;

    /// <summary>EX_CONFIG: the configuration is not valid.</summary>
    public const int Configuration = 78;

    /// <summary>For <c>--help</c>.</summary>
    public const string Help = """
        Stopping the agent changes nothing on the host: role addresses and mysqld stay as they are, and a started agent takes over from there.

        Exit codes:
          0   stopped on request
          64  wrong command line
          69  its address or port is in use or not on this machine, or another agent of this host runs
          70  a defect of the program; the log says more
          73  state_dir cannot be created or written
          77  it may not change the host's addresses (CAP_NET_ADMIN)
          78  the configuration is not valid; every problem is listed on stderr
        """;
}
