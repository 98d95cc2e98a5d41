using Mmm.Lab.Processes;
using Mmm.Lab.Servers;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Harness;

/// <summary>
/// Base of the acceptance tests: real servers, monitors and agents. Each begins with every monitor in its place, in mode ACTIVE with
/// every host ONLINE, every address where it was decided to be, replicas without lag, and no client.
/// </summary>
public abstract class ProductTest(LabFixture fixture) : LabTest(fixture)
{
    /// <summary>Hosts of this lab with a mysqld.</summary>
    protected string[] Databases { get; } = [.. new LabPlan(fixture.Options).DatabaseHosts.Select(h => h.Name)];

    // What a busy machine needs to start a dozen programs: nothing that is tested depends on these deadlines.
    protected override async Task StartConditionAsync()
    {
        await Until("every server answers", 60, async () => (await Task.WhenAll(Databases.Select(h => Lab.Server(h).AnswersAsync(Stop)))).All(a => a));
        await Until("every monitor is a member and votes", 120, EveryMonitorCountsAsync, NowAsync);
        await Until("the coordinator serves", 120, async () => await Lab.Http.FreshestAsync(Stop) is { Snapshot.Phase: "serving" });
        // Threads that an agent has stopped for a moment, to point them elsewhere after what the test before did, are its own to start: two that do it get into each other's way.
        await UntilShown("no agent is in the middle of something", 60, s => s.Move is null && s.Hosts.All(h => !h.AgentReachable || h.Agent?.Progress.Status != AgentProtocol.OrderStatus.Working));
        foreach (string host in Databases)
        {
            // The active one of more than two masters has none.
            if (await Lab.Server(host).ReplicaAsync(Stop) is { } r ? r is not { Stopped: false, Delayed: false } : Lab.Plan.Options.Masters == 2)
                await Lab.Faults.StartReplicationAsync(host, Stop);
        }

        // Monitors that the test before has killed together may still be settling who decides: then the command is refused, with the request to give it again.
        if ((await SnapshotAsync()).Mode != "ACTIVE")
            await Until("the mode is ACTIVE", 30, async () => (await Lab.MmmAsync(["set_active"], Stop)).ExitCode == 0, NowAsync);
        await Until("every host is ONLINE", 90, async () =>
        {
            StatusProtocol.ClusterSnapshot snapshot = await SnapshotAsync();
            foreach (StatusProtocol.HostView host in snapshot.Hosts.Where(h => h.State is "ADMIN_OFFLINE" or "AWAITING_RECOVERY"))
                await Lab.MmmAsync(["set_online", "--force", host.Name], Stop);
            return snapshot.Hosts.All(h => h.State == "ONLINE");
        }, NowAsync);
        await LabReadiness.WaitAsync(Lab, TimeSpan.FromSeconds(60), Stop);
        await UntilShown("every agent has done what it shall", 60, s => s.Move is null && s.Hosts.All(h => h.Agent?.Progress.Status == AgentProtocol.OrderStatus.Done));
    }

    protected async Task<StatusProtocol.ClusterSnapshot> SnapshotAsync()
    {
        ClusterReading? reading = null;
        await Until("a monitor shows the cluster", 20, async () => (reading = await Lab.Http.FreshestAsync(Stop)) is not null);
        return reading!.Snapshot;
    }

    /// <summary>Waits until the published picture is as wanted; tells the picture when it never is.</summary>
    protected Task UntilShown(string what, int seconds, Func<StatusProtocol.ClusterSnapshot, bool> wanted) => Until(
        what, seconds, async () => await Lab.Http.FreshestAsync(Stop) is { } reading && wanted(reading.Snapshot), NowAsync);

    protected Task UntilState(string host, string state, int seconds) => UntilShown($"{host} is {state}", seconds, s => s.StateOf(host) == state);

    /// <summary>
    /// Waits until these hosts are ONLINE. An active master that was cut off in the middle of a commit comes back with it, acknowledged by nobody: then an operator lets it in.
    /// </summary>
    protected Task UntilBack(int seconds, params string[] hosts) => Until($"{string.Join(", ", hosts)} are back", seconds, async () =>
    {
        StatusProtocol.ClusterSnapshot snapshot = await SnapshotAsync();
        if (hosts.All(h => snapshot.StateOf(h) == "ONLINE" && snapshot.Of(h).AgentReachable))
            return true;
        await LetInAsync();
        return false;
    }, NowAsync);

    private async Task LetInAsync()
    {
        foreach (StatusProtocol.HostView host in (await Lab.Http.FreshestAsync(Stop))?.Snapshot.Hosts ?? [])
        {
            if (host.State == "AWAITING_RECOVERY" && host.Explanation?.Any(e => e.StartsWith("It has transactions that ", StringComparison.Ordinal)) == true)
                await Lab.MmmAsync(["set_online", "--force", host.Name], Stop);
        }
    }

    /// <summary>Runs the command line tool and expects its success. A host that the test before has booted may have to be waited for.</summary>
    protected async Task<string> MmmAsync(params string[] arguments)
    {
        ToolResult result = null!;
        await Until("no agent has just started", 15, async () =>
            !(result = await Lab.MmmAsync(arguments, Stop)).Output.Contains("has just started", StringComparison.Ordinal) && !result.Errors.Contains("has just started", StringComparison.Ordinal));
        Assert.True(result.ExitCode == 0, $"mmm {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Output}{result.Errors}");
        return result.Output;
    }

    /// <summary>Runs the command line tool and expects that it refuses.</summary>
    protected async Task<string> MmmRefusesAsync(params string[] arguments)
    {
        ToolResult result = await Lab.MmmAsync(arguments, Stop);
        Assert.True(result.ExitCode != 0, $"mmm {string.Join(' ', arguments)} was not refused: {result.Output}");
        return result.Output + result.Errors;
    }

    /// <summary>Waits until the monitors have heard of everything that a server has committed by now.</summary>
    protected async Task UntilReportedAsync(string host)
    {
        bool mysql = Lab.Plan.Server.Name.StartsWith("mysql", StringComparison.Ordinal);
        if (mysql && await Lab.Server(host).ScalarAsync("SELECT @@gtid_mode", Stop) == "OFF")
        {
            // Without GTIDs the executed ones say nothing, and are equal at once.
            string? end = await Lab.Server(host).ScalarAsync(
                "SELECT CONCAT(JSON_UNQUOTE(JSON_EXTRACT(LOCAL, '$.binary_log_file')), ':', JSON_EXTRACT(LOCAL, '$.binary_log_position')) FROM performance_schema.log_status", Stop);
            await UntilShown($"{host}'s agent has reported {end}", 10, s => s.Of(host).Agent?.Facts.Binlog?.ToString() == end);
            return;
        }

        string? has = (await Lab.Server(host).ScalarAsync(mysql ? "SELECT @@gtid_executed" : "SELECT @@gtid_binlog_pos", Stop))?.ReplaceLineEndings("");
        await UntilShown($"{host}'s agent has reported {has}", 10, s => s.Of(host).Agent?.Facts.Gtid?.ReplaceLineEndings("") == has);
    }

    /// <summary>The active master and the other one.</summary>
    protected async Task<(string Active, string Other)> MastersAsync()
    {
        string active = (await SnapshotAsync()).ActiveMaster!;
        return (active, Lab.Plan[active].Peer!);
    }

    /// <summary>
    /// Starts the client and waits for its first rows; in a lab with semi-sync, until its commits wait for the other master. A client that failed until then is
    /// started anew: a first commit can hang until semi-sync has settled after what the test before did, and is none of this test's business.
    /// </summary>
    /// <param name="patient">True: an answer may take 2 s, so that a failed attempt means a refused or cut connection and not a busy test machine.</param>
    protected async Task ClientWritesAsync(bool patient = false)
    {
        await StartAsync();
        if (Lab.Plan.Options.SemiSync)
        {
            string active = (await SnapshotAsync()).ActiveMaster!;
            await Until($"commits on {active} wait for the other master", 20, () => Lab.Server(active).WaitsForReplicaAsync(Stop), NowAsync);
            if (Lab.Client.Report().FailedAttempts > 0)
                await StartAsync();
        }

        async Task StartAsync()
        {
            await Lab.Client.StartAsync(s => patient ? s with { TimeoutFromMs = 2000, TimeoutToMs = 2500 } : s, Stop);
            await Lab.Client.WritesFlowAsync(50, ct: Stop);
        }
    }

    /// <summary>Until then agents may stop and start receivers themselves: one that a test stops in between would run again.</summary>
    protected async Task UntilSemiSyncHoldsAsync()
    {
        await ClientWritesAsync();
        await Lab.Client.StopAsync(Stop);
    }

    /// <summary>Waits until writes are acknowledged by a host's server, and some more after that.</summary>
    protected async Task UntilWritesGoTo(string host, int seconds)
    {
        await Until(
            $"writes go to {host}", seconds, () => Task.FromResult(Lab.Client.Report().LastServer == Lab.Plan[host].Number),
            async () => $"{await NowAsync()} Client: {Lab.Client.Report().ToJson()}");
        await Lab.Client.WritesFlowAsync(50, ct: Stop);
    }

    protected Task UntilFollows(string host, string source, int seconds) => Until($"{host} replicates from {source}", seconds, async () =>
        await Lab.Server(host).AnswersAsync(Stop) && await Lab.Server(host).ReplicaAsync(Stop) is { Runs: true } r && r.SourceIp == Lab.Plan[source].Ip, async () =>
    {
        ReplicaStatus? now = await Lab.Server(host).AnswersAsync(Stop) ? await Lab.Server(host).ReplicaAsync(Stop) : null;
        return $"{host}: {now?.ToString() ?? "no replication or no answer"}. {await NowAsync()}";
    });

    /// <summary>Every acknowledged row is, or soon is, on each of these hosts.</summary>
    protected async Task NothingIsLostOn(params string[] hosts)
    {
        foreach (string host in hosts)
        {
            IReadOnlyList<long> lost = [];
            await Until($"{host} has every acknowledged row", 15, async () => (lost = await Lab.Client.LostOnAsync(host, Stop)).Count == 0, () => Task.FromResult($"Lost: {string.Join(',', lost.Take(20))}"));
        }
    }

    /// <summary>The writer address is on exactly this host's interface and exactly this server is writable (dead ones aside).</summary>
    protected async Task OnlyWriterIs(string host, params string[] dead)
    {
        ILookup<string, string> holders = await Lab.AddressHoldersAsync(Stop);
        Assert.Equal([host], holders[Lab.Plan.WriterIp].Except(dead));
        foreach (string other in Databases.Except(dead))
            Assert.Equal(other != host, await Lab.Server(other).IsReadOnlyAsync(Stop));
    }

    protected async Task<string> NowAsync() => await Lab.Http.FreshestAsync(Stop) is { } reading ? "Now: " + reading.Snapshot.Describe() : "No monitor answers.";

    /// <summary>One that is still joining is not missed by a picture of the cluster, but by the quorum as soon as a test takes another one away.</summary>
    protected async Task<bool> EveryMonitorCountsAsync()
    {
        MonitorsReading?[] all = await Task.WhenAll(Lab.Plan.MonitorHosts.Select(m => Lab.Http.MonitorsAsync(m.Name, Stop)));
        return all.All(r => r is not null && r.Members.All(m => m is { Status: "Up", Reachable: true, Keeper.Voting: true }));
    }
}
