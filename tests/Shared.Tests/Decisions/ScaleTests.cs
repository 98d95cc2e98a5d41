using System.Diagnostics;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Shared.Tests.Decisions;

public sealed class ScaleTests(ITestOutputHelper output)
{
    /// <summary>100 hosts with 200 reader addresses; half of them fail in one instant.</summary>
    [Fact]
    public void Half_of_a_hundred_hosts_failing_at_once_is_one_quick_decision()
    {
        var s = new Still { Topology = Worlds.Topology(slaves: 98, readers: 200) };
        ClusterState state = ClusterTransition.Step(s.State(), new Ticked(s.At)).State;
        foreach (string h in s.Topology.Hosts.Keys.Where((h, i) => h != "db2" && (i % 2 == 0 || h == "db1")))
            s.Set(h, CheckVerdict.Failed, CheckKind.Ping, CheckKind.Mysql);
        ClusterState failed = state with { Sights = s.State().Sights };
        double first = Best(() => ClusterTransition.Step(failed, new Ticked(s.At)), out StepResult r);
        Assert.Equal("db2", r.State.Document!.Slot(s.Topology.WriterAddress).Owner);
        double rest = Best(() => ClusterTransition.Step(r.State, new Ticked(s.At)), out _);
        output.WriteLine($"100 hosts: the decision {first:0.0} ms, a step at rest {rest:0.00} ms");
        // Room for a loaded build machine; alone it is a tenth of it.
        Assert.InRange(first, 0, 150);
        Assert.InRange(rest, 0, 10);
    }

    private static double Best(Func<StepResult> step, out StepResult result)
    {
        result = step();
        double best = double.MaxValue;
        for (int i = 0; i < 8; i++)
        {
            long t = Stopwatch.GetTimestamp();
            result = step();
            best = Math.Min(best, Stopwatch.GetElapsedTime(t).TotalMilliseconds);
        }

        return best;
    }
}
