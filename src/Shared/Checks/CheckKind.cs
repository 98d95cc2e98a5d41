namespace Mmm.Shared.Checks;

/// <summary>MySQL-MMM's four checks of a host.</summary>
public enum CheckKind
{
    /// <summary>ICMP echo to the host's own address.</summary>
    Ping,

    /// <summary>Connect to mysqld and run a trivial query.</summary>
    Mysql,

    /// <summary>Both replication threads run.</summary>
    RepThreads,

    /// <summary>The replica is at most <c>max_backlog</c> behind.</summary>
    RepBacklog,
}

/// <summary>What is known of a check.</summary>
public enum CheckVerdict
{
    /// <summary>Nothing is known, or the error says nothing of the server's health (MySQL 1040, a missing privilege). No action is taken on it, but it is shown.</summary>
    Unknown,

    Ok,

    /// <summary>Failed for <c>trap_period</c>, in the judgement of a quorum where one is asked.</summary>
    Failed,
}

/// <summary>MMM's spelling of the checks in the CLI, the configuration and messages.</summary>
public static class CheckNames
{
    public static readonly CheckKind[] All = [CheckKind.Ping, CheckKind.Mysql, CheckKind.RepThreads, CheckKind.RepBacklog];

    public static string NameOf(CheckKind kind) => kind switch
    {
        CheckKind.Ping => "ping",
        CheckKind.Mysql => "mysql",
        CheckKind.RepThreads => "rep_threads",
        CheckKind.RepBacklog => "rep_backlog",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a check"),
    };

    public static bool TryParse(string name, out CheckKind kind)
    {
        foreach (CheckKind k in All)
        {
            if (NameOf(k) == name)
            {
                kind = k;
                return true;
            }
        }

        kind = default;
        return false;
    }
}
