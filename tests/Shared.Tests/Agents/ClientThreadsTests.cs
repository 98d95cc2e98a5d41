using Mmm.Shared.Agents;
using Xunit;

namespace Mmm.Shared.Tests.Agents;

public sealed class ClientThreadsTests
{
    [Theory]
    [InlineData("app", "Sleep", true)]
    [InlineData("root", "Query", true)]
    [InlineData("system user", "Slave_SQL", false)]
    [InlineData("system user", "Connect", false)]
    [InlineData("event_scheduler", "Daemon", false)]
    [InlineData("unauthenticated user", "Connect", false)]
    [InlineData("somebody", "Binlog Dump", false)]
    [InlineData("somebody", "Binlog Dump GTID", false)]
    [InlineData("somebody", "Killed", false)]
    [InlineData("mmm_monitor", "Query", false)]
    public void Clients_are_ended_and_the_servers_and_our_own_threads_are_not(string user, string command, bool ended) =>
        Assert.Equal(ended, ClientThreads.ToEnd([new ClientThread(1, user, "h:1", command, 0)], new HashSet<string> { "mmm_monitor" }).Length == 1);
}
