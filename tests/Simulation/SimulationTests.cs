using System.Diagnostics;
using Mmm.Simulation.Running;
using Xunit;

namespace Mmm.Simulation;

/// <summary>What <c>test.sh</c> asks of the simulator.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 20_000;

    /// <summary>On a busy machine fewer seeds are run rather than more time taken; the report says how many.</summary>
    private static readonly TimeSpan s_atMost = TimeSpan.FromSeconds(290);

    [Fact]
    public void Nothing_is_broken_in_up_to_twenty_thousand_runs()
    {
        var watch = Stopwatch.StartNew();
        var campaign = new Campaign();
        campaign.Run(1, Seeds, stopAt: 3, until: () => watch.Elapsed > s_atMost);
        output.WriteLine(campaign.Summary(watch.Elapsed));
        Assert.True(campaign.Failures.IsEmpty, campaign.Summary(watch.Elapsed));
        Assert.True(campaign.Failovers > campaign.Done / 2, $"runs in which next to nothing happens show nothing: {campaign.Summary(watch.Elapsed)}");
    }

    public static TheoryData<string> Mutations => [.. Quarry.All.Select(q => q.Mutation.ToString())];

    [Theory]
    [MemberData(nameof(Mutations))]
    public void Without_one_rule_of_the_protocol_something_is_broken(string mutation)
    {
        Quarry quarry = Quarry.All.Single(q => q.Mutation.ToString() == mutation);
        (int? seed, string? violation) = quarry.Find();
        Assert.True(seed is not null, $"{mutation}: nothing was broken in {Quarry.Bound} runs, so either the simulator is too tame or the rule is not needed");
        output.WriteLine($"seed {seed}: {violation}");
    }

    [Fact]
    public void Every_mutation_is_hunted() =>
        Assert.Equal(Enum.GetValues<Mutation>().Where(m => m != Mutation.None), Quarry.All.Select(q => q.Mutation));

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(17)]
    public void The_same_seed_is_the_same_run(int seed)
    {
        World first = new(seed, trace: true), second = new(seed, trace: true), silent = new(seed);
        Assert.Equal(first.Run(), second.Run());
        Assert.Equal(first.Trace, second.Trace);
        Assert.Equal(first.Plan.Select(f => f.ToString()), second.Plan.Select(f => f.ToString()));
        silent.Run();
        Assert.Equal((first.Now, first.Events), (silent.Now, silent.Events));
        Assert.NotEmpty(first.Trace);
    }

    [Theory]
    [InlineData("--seeds")]
    [InlineData("--seeds", "none")]
    [InlineData("--seeds", "0")]
    [InlineData("--from", "-1")]
    [InlineData("--mutation", "7")]
    [InlineData("--profile", "storm")]
    [InlineData("--sedes", "5")]
    public void Wrong_options_are_refused_by_name(params string[] args)
    {
        using var errors = new StringWriter();
        Assert.Equal(2, CommandLine.Run(args, errors));
        Assert.Contains(args[0], errors.ToString().Split('\n')[0], StringComparison.Ordinal);
    }
}
