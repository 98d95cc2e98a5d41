using Mmm.Agent.Tests.Actors;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using Mmm.Shared.Grants;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Real;

/// <summary>A machine died while the relay log of its MySQL was being removed: the channel is still there, and cannot be started (ER_REPLICA_APPLIER_METADATA_INIT_REPOSITORY, seen on 9.7).</summary>
public sealed class LostRelayLogTests : IAsyncLifetime
{
    private DisposableServer _old = null!;
    private DisposableServer _new = null!;
    private DisposableServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        DisposableServer[] servers = await Task.WhenAll(
            DisposableServer.StartAsync(ServerKind.MySql, 61), DisposableServer.StartAsync(ServerKind.MySql, 62), DisposableServer.StartAsync(ServerKind.MySql, 63, "--read-only=1"));
        (_old, _new, _server) = (servers[0], servers[1], servers[2]);
        foreach (DisposableServer replica in (DisposableServer[])[_new, _server])
            await replica.ReplicateAsync(_old, "SOURCE_AUTO_POSITION=1");
        await _old.ExecuteAsync("INSERT INTO app.t(v) VALUES (1)");
        foreach (DisposableServer replica in (DisposableServer[])[_new, _server])
            await Eventually.TrueAsync("the first row has arrived", async () => await replica.ScalarAsync("SELECT COUNT(*) FROM app.t") == "1");
        _old.Kill();
        await _new.ExecuteAsync("STOP REPLICA; RESET REPLICA ALL; INSERT INTO app.t(v) VALUES (2)");
        await _server.ExecuteAsync("STOP REPLICA");
        _server.Kill();
        foreach (string file in Directory.EnumerateFiles(_server.DataFolder, "*relay-bin*"))
            File.Delete(file);
        await _server.StartAgainAsync("--read-only=1");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (DisposableServer server in (DisposableServer[])[_server, _new, _old])
            await server.DisposeAsync();
    }

    [Fact]
    public async Task One_of_many_masters_that_had_just_taken_over_follows_the_next()
    {
        await _server.ExecuteAsync($"SET SESSION sql_log_bin=0; GRANT {LeastPrivileges.ForManyMasters} ON *.* TO '{DisposableServer.AgentUser}'@'%'");
        await using RealAgent agent = Start(new TestCluster { ManyMasters = true }, AgentMemory.Empty with { TakeOver = new TakeOver(TestCluster.Decision(1), null) });

        await FollowsAsync(agent);

        Assert.Equal((TestCluster.Decision(1), null), (agent.Store.Kept.Demoted, agent.Store.Kept.Stopped));
        // Once: the channel that it has now is as good as any.
        string? thread = await ReceiverAsync();
        await agent.Agent.DoneAsync(Follow(3) with { Roles = [TestCluster.Reader1] });
        Assert.Equal(thread, await ReceiverAsync());
    }

    /// <summary>Without the right to remove channels.</summary>
    [Fact]
    public async Task A_slave_that_was_just_being_repointed_says_what_mends_it_and_goes_on_then()
    {
        await using RealAgent agent = Start(new TestCluster(), AgentMemory.Empty with { Stopped = new StoppedThreads(true, true) });

        Report failed = await agent.Agent.FailedAsync(Follow(2), "apply_relay_log");

        Assert.Contains("RESET REPLICA; START REPLICA on this server mends it", failed.Progress.Sentence, StringComparison.Ordinal);
        await _server.ExecuteAsync("RESET REPLICA; START REPLICA");
        await FollowsAsync(agent);
    }

    private async Task FollowsAsync(RealAgent agent)
    {
        await agent.Agent.DoneAsync(Follow(2));
        await Eventually.TrueAsync("the new master's row arrives", async () => await _server.ScalarAsync("SELECT COUNT(*) FROM app.t") == "2");
    }

    private HostOrder Follow(long version) =>
        TestCluster.Standby("db3", version, new ReplicationOrder(ReplicationAction.Follow, new SourceServer("db2", _new.Ip, _new.Port, null)));

    private Task<string?> ReceiverAsync() => _new.ScalarAsync("SELECT MAX(ID) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'");

    private RealAgent Start(TestCluster cluster, AgentMemory memory) =>
        new(cluster.With("db1", _old.Ip, _old.Port).With("db2", _new.Ip, _new.Port).With("db3", _server.Ip, _server.Port), "db3", _server) { Store = { Kept = memory } };
}
