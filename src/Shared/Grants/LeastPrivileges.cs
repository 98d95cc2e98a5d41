using System.Collections.Immutable;
using System.Text;
using Mmm.Shared.Agents;

namespace Mmm.Shared.Grants;

/// <summary>
/// The least rights that the three logins need, by family of servers: what <c>mmm grants</c> prints is what the lab's servers, and so all tests on real servers, run with. Sources: the
/// manuals' chapters on privileges (MySQL "Privileges Provided by MySQL", MariaDB "GRANT").
/// </summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Servers">For people.</param>
/// <param name="Monitor">monitor_user.</param>
/// <param name="Agent">agent_user.</param>
/// <param name="Tested">On a real server.</param>
public sealed record LeastPrivileges(string Name, string Servers, string Monitor, string Agent, bool Tested)
{
    /// <summary>replication_user, everywhere.</summary>
    public const string Replication = "REPLICATION SLAVE";

    /// <summary>Needed on MariaDB only where replication.semi_sync is not off.</summary>
    public const string ForSemiSync = "REPLICATION MASTER ADMIN";

    /// <summary>Needed by monitor_user and agent_user on MySQL 8.0.14 and later, only where mysql_admin_port is set.</summary>
    public const string ForAdminPort = "SERVICE_CONNECTION_ADMIN";

    /// <summary>Needed by agent_user only where more than two hosts may become the active master: to remove the replication channel of the one that does (RESET SLAVE ALL).</summary>
    public const string ForManyMasters = "RELOAD";

    public static readonly LeastPrivileges MariaDb = new(
        "mariadb", "MariaDB 10.5.2 and later", "SLAVE MONITOR",
        "SLAVE MONITOR, BINLOG MONITOR, PROCESS, " + ForSemiSync + ", REPLICATION SLAVE ADMIN, READ_ONLY ADMIN, CONNECTION ADMIN", Tested: true);

    /// <summary>SYSTEM_USER: to end an applier that waits for the rest of a transaction, whose connection counts as a system user's.</summary>
    public static readonly LeastPrivileges MySql = new(
        "mysql", "MySQL 8.0.16 and later", "REPLICATION CLIENT",
        "REPLICATION CLIENT, PROCESS, REPLICATION_SLAVE_ADMIN, SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN, SYSTEM_USER", Tested: true);

    public static readonly LeastPrivileges MySql57 = new("mysql-5.7", "MySQL 5.7", "REPLICATION CLIENT", "REPLICATION CLIENT, PROCESS, SUPER", Tested: false);

    public static readonly ImmutableArray<LeastPrivileges> All = [MariaDb, MySql, MySql57];

    /// <summary>Those of a server.</summary>
    /// <param name="version">@@version.</param>
    public static LeastPrivileges For(string version) =>
        ServerVersion.Parse(version) is { IsMariaDb: true } ? MariaDb : ServerVersion.Parse(version).Series.Major == 5 ? MySql57 : MySql;

    /// <summary>The three logins with their rights.</summary>
    /// <param name="monitor">monitor_user.</param>
    /// <param name="agent">agent_user.</param>
    /// <param name="replication">replication_user.</param>
    /// <param name="adminPort">mysql_admin_port is set.</param>
    /// <param name="manyMasters">More than two hosts may become the active master.</param>
    public ImmutableArray<(string User, string Rights)> Logins(string monitor, string agent, string replication, bool adminPort, bool manyMasters = false)
    {
        string more = adminPort && this == MySql ? $", {ForAdminPort}" : "";
        return [(monitor, Monitor + more), (agent, Agent + more + (manyMasters ? $", {ForManyMasters}" : "")), (replication, Replication)];
    }

    /// <summary>What an operator runs, with a place to put each password.</summary>
    public string Statements()
    {
        var text = new StringBuilder($"-- {Servers}{(Tested ? "" : " (by its manual; not tested on a real server)")}. Run it on every server, or on the active master if replication carries it to all.\n");
        text.Append("-- Names as in the configuration (monitor_user, agent_user, replication_user); put the passwords in. '%' may be narrowed to the network of the cluster;\n");
        text.Append("-- agents connect from their own host, to its address or its socket.\n");
        if (this == MySql)
            text.Append($"-- With mysql_admin_port mmm_monitor and mmm_agent need {ForAdminPort} as well.\n");
        text.Append($"-- Where more than two hosts may become the active master mmm_agent needs {ForManyMasters} as well.\n");
        foreach ((string user, string rights) in Logins("mmm_monitor", "mmm_agent", "replication", adminPort: false))
            text.Append($"CREATE USER IF NOT EXISTS '{user}'@'%' IDENTIFIED BY '…';\n").Append($"GRANT {rights} ON *.* TO '{user}'@'%';\n");
        return text.ToString();
    }
}
