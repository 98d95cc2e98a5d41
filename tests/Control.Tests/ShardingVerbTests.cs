using System.Text.Json;
using Mmm.Shared.Api;

namespace Mmm.Control.Tests;

/// <summary><c>mmm cluster-sharding …</c>: which monitor holds which shards.</summary>
public sealed class ShardingVerbTests : IAsyncLifetime
{
    private readonly Cli _cli = new();
    private readonly string _dead = BadMonitors.Dead();
    private FakeMonitor _mon1 = null!;
    private FakeMonitor _mon2 = null!;

    public async ValueTask InitializeAsync()
    {
        _mon1 = await FakeMonitor.Start(name: "mon1");
        _mon2 = await FakeMonitor.Start(name: "mon2");
        _mon1.Shards = new([new("7", 1), new("40", 2), new("12", 1)]);
        _mon2.Shards = new([]);
        MonitorsReading monitors = new("mon1", 2, [Entry("mon1", _mon1.Address), Entry("mon2", _mon2.Address), Entry("mon3", _dead)], "mon1", "mon2");
        (_mon1.Monitors, _mon2.Monitors) = (monitors, monitors);
        _cli.Environment["MMM_MONITORS"] = _mon1.Address;
    }

    public async ValueTask DisposeAsync()
    {
        await _mon1.DisposeAsync();
        await _mon2.DisposeAsync();
    }

    [Fact]
    public async Task Every_configured_monitor_is_asked_and_a_silent_one_is_shown()
    {
        Ran ran = await _cli.Mmm("cluster-sharding", "region-stats", "-r", "server-probe");
        Assert.Equal(
            (0, $"Region server-probe\n  mon1  3 shards, 4 entities: 7 (1), 12 (1), 40 (2)\n  mon2  0 shards, 0 entities\n  mon3  ! {_dead} refuses the connection (nothing listens there)\n", ""),
            (ran.Exit, ran.Out, ran.Error));
    }

    [Fact]
    public async Task A_monitor_is_asked_where_it_was_found_and_not_where_it_says_to_be()
    {
        MonitorsReading far = new("mon1", 2, [Entry("mon1", "127.0.0.1:1"), Entry("mon2", "127.0.0.1:1")], "mon1", "mon2");
        (_mon1.Monitors, _mon2.Monitors) = (far, far);
        Ran ran = await _cli.Mmm("--monitors", $"{_mon2.Address},{_mon1.Address}", "cluster-sharding", "region-stats", "-r", "server-probe");
        Assert.Equal((0, "Region server-probe\n  mon1  3 shards, 4 entities: 7 (1), 12 (1), 40 (2)\n  mon2  0 shards, 0 entities\n"), (ran.Exit, ran.Out));
    }

    [Fact]
    public async Task Json_tells_the_shards_or_the_problem_of_each()
    {
        RegionReading json = JsonSerializer.Deserialize((await _cli.Mmm("cluster-sharding", "region-stats", "-r", "server-probe", "--json")).Out, ApiFormat.Wire.RegionReading)!;
        Assert.Equal(["mon1 3 True", "mon2 0 True", "mon3  False"], json.Monitors.Select(m => $"{m.Monitor} {m.Shards?.Length} {m.Problem is null}"));
    }

    [Fact]
    public async Task Regions_are_listed_and_an_unknown_one_is_refused_with_them()
    {
        Ran list = await _cli.Mmm("cluster-sharding", "list-regions");
        Assert.Equal((0, "server-probe\nCount: 1 regions\n"), (list.Exit, list.Out));
        Assert.Equal(["server-probe"], JsonSerializer.Deserialize((await _cli.Mmm("cluster-sharding", "list-regions", "--json")).Out, ApiFormat.Wire.Regions)!.EntityTypeKeys);
        Ran unknown = await _cli.Mmm("cluster-sharding", "region-stats", "-r", "carts");
        Assert.Equal((ExitCodes.Refused, "ERROR: Unknown shard region 'carts'! There are: server-probe\n"), (unknown.Exit, unknown.Out));
    }

    [Fact]
    public async Task Without_any_monitor_it_exits_3() =>
        Assert.Equal(ExitCodes.NoMonitor, (await _cli.Mmm("--monitors", _dead, "cluster-sharding", "region-stats", "-r", "server-probe")).Exit);

    /// <summary>Remoting is taken to be on the same port as the API.</summary>
    private static MonitorEntry Entry(string name, string address) => new(name, address, int.Parse(address.Split(':')[1], null), "Up", true, true);
}
