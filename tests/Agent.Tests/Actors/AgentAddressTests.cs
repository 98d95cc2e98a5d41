using System.Collections.Immutable;
using Mmm.Actors.Agents;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Actors;

/// <summary>What an agent does about other machines that answer for role addresses.</summary>
public sealed class AgentAddressTests : IAsyncDisposable
{
    private const string Mac = "02:00:00:00:00:99";

    private static readonly AddressSettings s_settings = new TestCluster().Addresses;

    private readonly ScriptedMysql _mysql = new();
    private readonly FakeAddresses _addresses = new();
    private readonly FakeStore _store = new();
    private TestAgent? _agent;

    public ValueTask DisposeAsync() => _agent?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task An_address_that_another_machine_answers_for_is_shown_once_that_machine_has_let_go()
    {
        TestAgent agent = Start();
        _addresses.Elsewhere = _addresses.Elsewhere.Add(TestCluster.Writer.Ip, Mac);

        Report failed = await agent.FailedAsync(TestCluster.Holds("db1", 1, null, TestCluster.Reader1), "add_address");

        Assert.Contains($"another machine answers for {TestCluster.Writer} on eth0 (MAC {Mac}, of no host of this cluster)", failed.Progress.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(TestCluster.Writer.Ip, _addresses.Ips);
        Assert.Contains(TestCluster.Reader1.Ip, _addresses.Ips);
        Assert.Equal([new Answerer(Mac, null)], failed.Network!.Looks.Single(l => l.Address == TestCluster.Writer).Answers);

        _addresses.Elsewhere = _addresses.Elsewhere.Clear();
        Report done = await agent.ReportedAsync("it shows the address by itself", r => r.Progress.Status == OrderStatus.Done);
        Assert.Contains(TestCluster.Writer, done.Facts.Addresses);
        Assert.DoesNotContain(done.Network!.Looks, l => l.Address == TestCluster.Writer);
    }

    [Fact]
    public async Task A_host_of_the_cluster_that_has_not_let_go_is_named()
    {
        TestAgent agent = Start();
        _addresses.Elsewhere = _addresses.Elsewhere.Add(TestCluster.Reader1.Ip, Mac).Add("127.0.0.3", Mac);

        Report failed = await agent.FailedAsync(TestCluster.Standby("db1", 1, null, TestCluster.Reader1), "add_address");

        Assert.Contains($"host db3 answers for {TestCluster.Reader1} on eth0 (MAC {Mac})", failed.Progress.Sentence, StringComparison.Ordinal);
        Assert.Equal([new Answerer(Mac, "db3")], failed.Network!.Looks.Single().Answers);
    }

    [Fact]
    public async Task It_is_asked_while_the_host_takes_over_and_the_answer_of_then_is_enough()
    {
        var asked = new List<bool?>();
        _addresses.OnAsk = ips => asked.Add(ips.Contains(TestCluster.Writer.Ip) ? _mysql.State.ReadOnly : null);
        TaskCompletionSource gate = _mysql.Hold("read_only off");
        TestAgent agent = Start();
        await agent.ReportedAsync("the agent has looked around", r => r.Facts.Mysqld == MysqldState.Up);
        agent.Send(TestCluster.Holds("db1", 1));
        await agent.ReportedAsync("becoming writable", r => r.Progress.Step == "writable");
        Assert.Equal([true], asked);

        gate.SetResult();
        await agent.ReportedAsync("it is done", r => r.Progress.Status == OrderStatus.Done);
        Assert.Equal([true], asked);
    }

    [Fact]
    public async Task A_host_that_lets_go_while_the_next_one_takes_over_costs_no_retry()
    {
        _addresses.Elsewhere = _addresses.Elsewhere.Add(TestCluster.Writer.Ip, Mac);
        TaskCompletionSource gate = _mysql.Hold("read_only off");
        TestAgent agent = Start();
        await agent.ReportedAsync("the agent has looked around", r => r.Facts.Mysqld == MysqldState.Up);
        agent.Send(TestCluster.Holds("db1", 1));
        await agent.ReportedAsync("becoming writable", r => r.Progress.Step == "writable");
        _addresses.Elsewhere = _addresses.Elsewhere.Clear();
        gate.SetResult();

        await agent.ReportedAsync("it is done", r => r.Progress.Status == OrderStatus.Done);
        Assert.DoesNotContain(agent.Reports.OfType<Report>(), r => r.Progress.Status == OrderStatus.Failed);
    }

    [Fact]
    public async Task It_is_shown_all_the_same_with_a_warning_when_that_is_configured()
    {
        TestAgent agent = Start(s_settings with { TakeAnyway = true });
        _addresses.Elsewhere = _addresses.Elsewhere.Add(TestCluster.Writer.Ip, Mac);
        Report done = await agent.DoneAsync(TestCluster.Holds("db1", 1));
        Assert.Contains(TestCluster.Writer.Ip, _addresses.Ips);
        Assert.Contains($"(MAC {Mac}, of no host of this cluster); it is shown here all the same", Assert.Single(done.Progress.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_probe_off_nobody_is_asked()
    {
        bool asked = false;
        _addresses.OnAsk = _ => asked = true;
        TestAgent agent = Start(s_settings with { Probe = TimeSpan.Zero });
        Report done = await agent.DoneAsync(TestCluster.Holds("db1", 1));
        Assert.False(asked);
        Assert.Null(done.Network);
    }

    [Fact]
    public async Task A_host_that_can_ask_nobody_shows_the_address_with_a_warning()
    {
        _addresses.AskFailure = "no packets today";
        TestAgent agent = Start();
        Report done = await agent.DoneAsync(TestCluster.Holds("db1", 1));
        Assert.Contains(TestCluster.Writer, done.Facts.Addresses);
        Assert.Contains("no packets today", Assert.Single(done.Progress.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_on_the_host_already_needs_no_look()
    {
        bool asked = false;
        _addresses.OnAsk = _ => asked = true;
        _addresses.Elsewhere = _addresses.Elsewhere.Add(TestCluster.Writer.Ip, Mac);
        _addresses.ByHand(ips => ips.Add(TestCluster.Writer.Ip));
        _mysql.State = _mysql.State with { ReadOnly = false };
        await Start().DoneAsync(TestCluster.Holds("db1", 1));
        Assert.False(asked);
    }

    [Fact]
    public async Task Who_answers_for_the_other_addresses_is_reported_while_nothing_is_ordered()
    {
        var asked = new HashSet<string>();
        _addresses.OnAsk = asked.UnionWith;
        _addresses.Elsewhere = _addresses.Elsewhere.Add(TestCluster.Reader1.Ip, Mac).Add("127.0.0.2", Mac);
        _addresses.ByHand(ips => ips.Add(TestCluster.Reader2.Ip));
        TestAgent agent = Start(s_settings with { CheckInterval = TimeSpan.FromMilliseconds(200) });

        Report seen = await agent.ReportedAsync("the look is reported", r => r.Network is { Looks.Length: 2 });

        Assert.Equal(["02:00:00:00:00:01"], seen.Network!.Macs);
        Assert.Equal([new Answerer(Mac, "db2")], seen.Network.Looks.Single(l => l.Address == TestCluster.Reader1).Answers);
        Assert.Empty(seen.Network.Looks.Single(l => l.Address == TestCluster.Writer).Answers);
        Assert.DoesNotContain(TestCluster.Reader2.Ip, asked);

        _addresses.Elsewhere = _addresses.Elsewhere.Clear();
        await agent.ReportedAsync("nobody answers any more", r => r.Network!.Looks.All(l => l.Answers.IsEmpty));
    }

    private TestAgent Start(AddressSettings? settings = null) => _agent = new TestAgent(
        new TestCluster { Addresses = settings ?? s_settings }, "db1", new AgentPorts(_mysql, _addresses, _addresses, _addresses, new NoWatch(), _store, TimeProvider.System, new FakeTails(), new FakeDisk(), new FakeConnections()));
}
