using System.Text.RegularExpressions;
using Mmm.Lab.Config;
using Mmm.Lab.Processes;
using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>A real HAProxy that asks the agents and knows of no role address.</summary>
[Collection(WholeLabCollection.Name)]
public sealed partial class LoadBalancerTests(WholeLab lab) : ProductTest(lab), IAsyncDisposable
{
    protected override async Task StartConditionAsync()
    {
        await base.StartConditionAsync();
        await Lab.Faults.StartAsync(LabHaProxy.Host, LabPrograms.HaProxy, Stop);
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        if (Fixture.IsUp)
            await Lab.Faults.TerminateAsync(LabHaProxy.Host, LabPrograms.HaProxy);
        await base.DisposeAsync();
    }

    [Fact]
    public async Task HAProxy_follows_the_writer_through_a_failover_and_a_planned_move_and_nothing_is_lost()
    {
        (string old, string other) = await MastersAsync();
        await UntilServed("writer", 20, old);
        await Lab.Client.StartAsync(s => s with { Address = LabHaProxy.Address }, Stop);
        await Lab.Client.WritesFlowAsync(50, ct: Stop);

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);
        await UntilWritesGoTo(other, 20);
        await UntilServed("writer", 10, other);
        await UntilServed("reader", 10, [.. Databases.Except([old])]);

        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
        await UntilBack(60, old);
        await UntilServed("reader", 20, Databases);
        await UntilServed("writer", 10, other);

        await MmmAsync("move_role", "writer", old);
        await UntilWritesGoTo(old, 20);
        await UntilServed("writer", 10, old);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task A_slave_that_is_set_offline_or_far_behind_gets_no_readers()
    {
        await UntilServed("reader", 20, Databases);
        await MmmAsync("set_offline", "slave1");
        await UntilServed("reader", 15, [.. Databases.Except(["slave1"])]);
        Assert.Contains("slave1: its state is ADMIN_OFFLINE", (await Lab.Http.GetOfAgentAsync("slave1", "/reader", Stop)).Body, StringComparison.Ordinal);
        await MmmAsync("set_online", "slave1");
        await UntilServed("reader", 30, Databases);

        await ClientWritesAsync();
        await Lab.Faults.LagAsync("slave2", 600, Stop);
        await UntilServed("reader", 30, [.. Databases.Except(["slave2"])]);
        await Lab.Faults.LagAsync("slave2", 0, Stop);
        await UntilServed("reader", 30, Databases);
    }

    [Fact]
    public async Task Without_any_monitor_the_answers_stay_and_a_frozen_agent_gives_none()
    {
        string active = (await SnapshotAsync()).ActiveMaster!;
        await UntilServed("writer", 20, active);
        foreach (LabHost monitor in Lab.Plan.MonitorHosts)
            await Lab.Faults.KillAsync(monitor.Name, LabPrograms.Monitor, Stop);

        // Longer than any lease: what keeps it is the other hosts' word.
        await StaysServed("writer", 8, active);

        await Lab.Faults.FreezeAsync(active, LabPrograms.Agent, Stop);
        await UntilServed("writer", 10);
        await Lab.Faults.ThawAsync(active, LabPrograms.Agent, Stop);
        foreach (LabHost monitor in Lab.Plan.MonitorHosts)
            await Lab.Faults.StartAsync(monitor.Name, LabPrograms.Monitor, Stop);
        await Until("one host takes writes again", 60, async () => (await ServedAsync("writer")).Length == 1, async () => $"{string.Join(", ", await ServedAsync("writer"))}. {await NowAsync()}");
    }

    [Fact]
    public async Task The_configuration_of_the_documentation_is_one_that_HAProxy_takes()
    {
        string page = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "agent-http.md"), Stop);
        string file = Path.Combine(Lab.Paths.Dir, "documented.cfg");
        await File.WriteAllTextAsync(file, Documented().Match(page).Groups[1].Value, Stop);
        await Tool.RunOrThrowAsync(["haproxy", "-c", "-f", file], ct: Stop);
    }

    private Task UntilServed(string backend, int seconds, params string[] hosts) => Until(
        $"HAProxy's {backend} is {string.Join(", ", hosts)}", seconds, async () => (await ServedAsync(backend)).Order().SequenceEqual(hosts.Order()),
        async () => $"It is: {string.Join(", ", await ServedAsync(backend))}. {await NowAsync()}");

    private async Task StaysServed(string backend, int seconds, string host)
    {
        long begin = TimeProvider.System.GetTimestamp();
        await Until($"{seconds} s have gone by", seconds + 5, async () =>
        {
            Assert.Equal([host], await ServedAsync(backend));
            return TimeProvider.System.GetElapsedTime(begin) > TimeSpan.FromSeconds(seconds);
        });
    }

    /// <summary>Hosts that HAProxy holds up, by its own statistics; none while it is starting.</summary>
    private async Task<string[]> ServedAsync(string backend)
    {
        try
        {
            string csv = (await Lab.Http.GetAsync(new Uri($"http://{Lab.Plan[LabHaProxy.Host].Ip}:{LabHaProxy.StatisticsPort}/;csv"), Stop)).Body;
            return [.. csv.Split('\n').Select(l => l.Split(',')).Where(f => f.Length > 17 && f[0] == backend && Databases.Contains(f[1]) && f[17].StartsWith("UP", StringComparison.Ordinal)).Select(f => f[1])];
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Mmm.Actors.sln")))
            folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex("```haproxy\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Documented();
}
