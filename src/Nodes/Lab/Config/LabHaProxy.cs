using System.Text;

namespace Mmm.Lab.Config;

/// <summary>A load balancer on the client's host that asks the agents instead of using the role addresses: as in docs/agent-http.md, with this lab's hosts.</summary>
public static class LabHaProxy
{
    /// <summary>Where it takes connections, on the client's host.</summary>
    public const string Address = "127.0.0.1";

    /// <summary>Where it takes those that only read.</summary>
    public const int ReaderPort = 3307;

    /// <summary>Its page of statistics, at the client's address.</summary>
    public const int StatisticsPort = 8404;

    /// <summary>The host it runs on.</summary>
    public const string Host = "client";

    internal static string FileOf(LabPaths paths) => Path.Combine(paths.Configs, "haproxy.cfg");

    internal static void Write(LabPlan plan, LabPaths paths) => File.WriteAllText(FileOf(paths), $"""
        defaults
            mode tcp
            timeout connect 1s
            timeout check 1s
            timeout client 1h
            timeout server 1h

        listen writer
            bind {Address}:{LabPlan.MysqlPort}
            option httpchk GET /writer
            default-server check port {LabPlan.AgentHttpPort} inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
        {Servers(plan)}
        listen reader
            bind {Address}:{ReaderPort}
            balance leastconn
            option httpchk GET /reader?lag=10s
            default-server check port {LabPlan.AgentHttpPort} inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
        {Servers(plan)}
        frontend statistics
            mode http
            bind {plan[Host].Ip}:{StatisticsPort}
            stats enable
            stats uri /

        """);

    private static string Servers(LabPlan plan) => plan.DatabaseHosts.Aggregate(
        new StringBuilder(), (text, host) => text.Append($"    server {host.Name} {host.Ip}:{LabPlan.MysqlPort}\n"), text => text.ToString());
}
