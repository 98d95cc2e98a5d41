using Mmm.Shared.Decisions;
using Xunit;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>What an operator sees of certificates that end, before the connections do.</summary>
public sealed class CertificateWarningsTests
{
    [Theory]
    [InlineData(31, null)]
    [InlineData(9.5, "expires in 9 days (")]
    [InlineData(-1, "has expired (")]
    public void A_certificate_that_ends_soon_is_a_warning_with_its_node_and_its_end(double days, string? words)
    {
        ClusterState state = World.Running().State;
        DateTimeOffset ends = state.At.AddDays(days);
        (string monitor, VantageSight vantage) = state.Vantages.First();
        HostSight sight = state.Sights["db2"];
        state = state with
        {
            Vantages = state.Vantages.SetItem(monitor, vantage with { Report = vantage.Report with { CertificateEnds = ends } }),
            Sights = state.Sights.SetItem("db2", sight with { Agent = sight.Agent! with { CertificateEnds = ends } }),
        };

        string[] shown = [.. Snapshots.Of(state, 1, null).Warnings.Where(w => w.Contains("certificate", StringComparison.Ordinal))];

        string[] expected = words is null ? [] : [$"the certificate of agent on host db2, or its authority's, {words}{ends.UtcDateTime:u})", $"the certificate of monitor {monitor}, or its authority's, {words}{ends.UtcDateTime:u})"];
        Assert.Equal(expected.Length, shown.Length);
        Assert.All(expected.Zip(shown), e => Assert.StartsWith(e.First, e.Second, StringComparison.Ordinal));
    }

    /// <summary>It may have another by now, and that it is not heard is warned of anyway.</summary>
    [Fact]
    public void What_an_agent_has_said_that_is_not_heard_any_more_is_not_warned_of()
    {
        ClusterState state = World.Running().State;
        HostSight sight = state.Sights["db2"];
        state = state with { Sights = state.Sights.SetItem("db2", sight with { Agent = sight.Agent! with { CertificateEnds = state.At.AddDays(1) } }) };
        Assert.Contains(Snapshots.Of(state, 1, null).Warnings, IsOfCertificate);

        state = state with { At = state.At.AddMinutes(10) };

        Assert.True(state.AgentLost("db2"));
        Assert.DoesNotContain(Snapshots.Of(state, 1, null).Warnings, IsOfCertificate);

        static bool IsOfCertificate(string warning) => warning.StartsWith("the certificate of agent on host db2", StringComparison.Ordinal);
    }
}
