using Mmm.Agent.Adapters.MySql;
using Mmm.Agent.Tests.Actors;
using Mmm.Shared.Agents;
using Xunit;

namespace Mmm.Agent.Tests;

/// <summary>When a receiver that runs without semi-sync is to be stopped once more, so that it asks for it.</summary>
public sealed class SemiSyncMemoryTests
{
    private readonly ManualTime _time = new();
    private readonly SemiSyncMemory _memory;

    public SemiSyncMemoryTests() => _memory = new SemiSyncMemory(_time);

    [Fact]
    public void Once_a_minute_at_most()
    {
        Assert.False(Look("ON", "OFF").Asked);

        _memory.ReceiverStopped();

        Assert.True(Look("ON", "OFF").Asked);
        _time.Jump(TimeSpan.FromSeconds(59));
        Assert.True(Look("ON", "OFF").Asked);
        _time.Jump(TimeSpan.FromSeconds(1));
        Assert.False(Look("ON", "OFF").Asked);
    }

    [Theory]
    [InlineData("OFF", "OFF")]
    [InlineData("ON", "ON")]
    public void At_once_when_the_server_has_been_restarted_or_the_source_has_answered_since(string enabled, string status)
    {
        _memory.ReceiverStopped();

        Assert.False(Look(enabled, status).Asked);

        Assert.False(Look("ON", "OFF").Asked);
    }

    [Fact]
    public void A_refused_setting_shows_for_a_minute_or_until_it_is_taken()
    {
        _memory.Failed("no right");
        Assert.Equal("no right", Found("ON", "OFF").Trouble);

        _memory.Succeeded();
        Assert.Null(Found("ON", "OFF").Trouble);

        _memory.Failed("no right");
        _time.Jump(TimeSpan.FromMinutes(1));
        Assert.Null(Found("ON", "OFF").Trouble);
    }

    private SemiSyncReplica Look(string enabled, string status) => Found(enabled, status).Replica!;

    private FoundSemiSync Found(string enabled, string status) => _memory.Found(new SemiSyncLook(
        new Dictionary<string, string> { ["rpl_semi_sync_replica_enabled"] = enabled, ["rpl_semi_sync_replica_status"] = status }));
}
