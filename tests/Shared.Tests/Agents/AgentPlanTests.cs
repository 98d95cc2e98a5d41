using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Tests.Agents.PlanWorld;

namespace Mmm.Shared.Tests.Agents;

/// <summary>Step by step: which steps, in which order, from which state.</summary>
public sealed class AgentPlanTests
{
    private static HostOrder Out => Standby(2) with { State = HostState.HardOffline };

    public static TheoryData<string, HostOrder, FoundHost, string> GiveUps => new()
    {
        { "a writable holder", Standby(2), Found(Up(false), Writer, Reader1), "remove_address reader(10.9.0.51)|read_only|kill_connections|remove_address writer(10.9.0.50)" },
        { "already read-only", Standby(2), Found(Up(true), Writer), "kill_connections|remove_address writer(10.9.0.50)" },
        { "already given up", Standby(2), Found(Up(true)), "" },
        { "writable without the address", Standby(2), Found(Up(false)), "read_only|kill_connections" },
        { "mysqld is dead", Standby(2), Found(Down, Writer), "remove_address writer(10.9.0.50)" },
        { "mysqld is dead and the address gone", Standby(2), Found(Down), "" },
        { "mysqld hangs: the address first", Standby(2), Found(Hangs, Writer), "remove_address writer(10.9.0.50)|read_only" },
        { "mysqld hangs and the address is gone: still not known to be read-only", Standby(2), Found(Hangs), "read_only" },
        { "its disk stands still: the address first", Out, Found(Up(false) with { Process = "p" }, Writer) with { Disk = Disk(DiskState.Stalled) }, "remove_address writer(10.9.0.50)|end_mysqld" },
        { "its disk is full, and a commit waits for space", Out, Found(Up(false) with { Process = "p" }, Writer) with { Disk = Disk(DiskState.Full) }, "remove_address writer(10.9.0.50)|end_mysqld" },
        { "its disk is full, and its process is not known", Out, Found(Up(false), Writer) with { Disk = Disk(DiskState.Full) }, "remove_address writer(10.9.0.50)|read_only|kill_connections" },
        { "its disk is nearly full", Out, Found(Up(false) with { Process = "p" }, Writer) with { Disk = Disk(DiskState.Full) with { FreeBytes = 1 } }, "remove_address writer(10.9.0.50)|read_only|kill_connections" },
        { "its disk is full, and it is read-only already", Out, Found(Up(true), Writer) with { Disk = Disk(DiskState.Full) }, "kill_connections|remove_address writer(10.9.0.50)" },
        { "its disk is read-only, and the move is planned", Standby(2), Found(Up(false) with { Process = "p" }, Writer) with { Disk = Disk(DiskState.ReadOnly) }, "remove_address writer(10.9.0.50)|read_only|kill_connections" },
        { "its disk is well", Standby(2), Found(Up(false), Writer) with { Disk = Disk(DiskState.Ok) }, "read_only|kill_connections|remove_address writer(10.9.0.50)" },
        { "nobody knows of its disk", Standby(2), Found(Up(false), Writer) with { Disk = Disk(DiskState.Unknown) }, "read_only|kill_connections|remove_address writer(10.9.0.50)" },
        { "mysqld cannot be asked", Standby(2), Found(FoundMysqld.Nothing, Writer), "remove_address writer(10.9.0.50)|read_only" },
        { "a reader keeps its address", Standby(2, Reader1), Found(Up(true), Reader1), "" },
        { "a missing reader", Standby(2, Reader1, Reader2), Found(Up(true), Reader2), "add_address reader(10.9.0.51)" },
        { "a missing reader on a dead server: the coordinator decides", Standby(2, Reader1), Found(Down), "add_address reader(10.9.0.51)" },
        { "a contradictory order", Standby(2) with { Roles = [Writer] }, Found(Up(true)), "order" },
        { "an address the agent does not know", Standby(2) with { Roles = [new("reader", "10.9.0.99")] }, Found(Up(true)), "order" },
    };

    [Theory]
    [MemberData(nameof(GiveUps))]
    public void Giving_up(string @case, HostOrder order, FoundHost found, string steps) =>
        Assert.True(steps == Steps(order, found), $"{@case}: {Steps(order, found)}");

    [Fact]
    public void Mysqld_is_not_ended_for_its_disk_when_it_may_not_be() => Assert.Equal(
        ["remove_address", "read_only", "kill_connections"],
        AgentPlan.For(Out, Found(Up(false) with { Process = "p" }, Writer) with { Disk = Disk(DiskState.Full) }, AgentMemory.Empty, Cluster, mayEndMysqld: false).Steps.Select(s => s.Code));

    [Fact]
    public void A_slaves_clients_are_left_alone_when_it_is_made_read_only()
    {
        HostOrder order = Standby(2) with { Host = "db3" };
        Assert.Equal("read_only", Steps(order, Found(Up(false))));
    }

    public static TheoryData<string, HostOrder, FoundHost, string> TakeOvers => new()
    {
        { "caught up first, address last", Holds(2, Old), Found(Up(true)), "catch_up|note_position|writable|add_address writer(10.9.0.50)" },
        { "no catch-up wanted", Holds(2), Found(Up(true)), "note_position|writable|add_address writer(10.9.0.50)" },
        { "already writable: nothing to catch up with", Holds(2, Old), Found(Up(false)), "add_address writer(10.9.0.50)" },
        { "done", Holds(2, Old), Found(Up(false), Writer), "" },
        { "restarted read-only with its address", Holds(2), Found(Up(true), Writer), "note_position|writable" },
        { "dead: the address stays", Holds(2), Found(Down, Writer), "mysqld" },
        { "dead: the address is not added", Holds(2), Found(Down), "mysqld" },
        { "hangs", Holds(2), Found(Hangs), "mysqld" },
        { "readers do not wait for mysqld", Holds(2) with { Roles = [Writer, Reader1] }, Found(Down, Reader2), "remove_address reader(10.9.0.52)|add_address reader(10.9.0.51)|mysqld" },
        { "writable without the address", Holds(2) with { Roles = [] }, Found(Up(true), Writer), "remove_address writer(10.9.0.50)|note_position|writable" },
    };

    [Theory]
    [MemberData(nameof(TakeOvers))]
    public void Taking_over(string @case, HostOrder order, FoundHost found, string steps) =>
        Assert.True(steps == Steps(order, found), $"{@case}: {Steps(order, found)}");

    [Fact]
    public void A_server_that_was_writable_for_this_order_and_restarted_needs_no_second_take_over()
    {
        HostOrder order = Holds(2, Old);
        AgentMemory memory = AgentMemory.Empty with { WritableFor = order.Id };
        Assert.Equal("writable", Steps(order, Found(Up(true), Writer), memory));
    }

    [Fact]
    public void Being_writable_is_carried_on_by_orders_that_go_on_and_ended_by_any_other()
    {
        HostOrder first = Holds(2, Old);
        AgentMemory memory = AgentMemory.Empty with { Highest = first.Id, WritableFor = first.Id };
        HostOrder again = first with { Id = Id(3) };
        Assert.Equal(Id(3), memory.Accept(again, first).WritableFor);
        HostOrder completed = Holds(3);
        Assert.Equal(Id(3), memory.Accept(completed, first).WritableFor);
        Assert.Null(memory.Accept(Standby(3), first).WritableFor);
        HostOrder anotherMove = Holds(3, Old with { From = "db3" });
        Assert.Null(memory.Accept(anotherMove, first).WritableFor);
        Assert.Null(memory.Accept(again, null).WritableFor);
    }

    [Fact]
    public void A_failed_read_only_does_not_keep_the_address_from_being_removed()
    {
        AgentPlan plan = AgentPlan.For(Standby(2), Found(Up(false), Writer), AgentMemory.Empty, Cluster);
        Assert.All(plan.Steps.TakeWhile(s => s is not AgentStep.RemoveAddress), s => Assert.False(s.FailureEndsLane));
    }

    [Fact]
    public void A_failed_catch_up_ends_everything_that_would_make_it_the_writer()
    {
        AgentPlan plan = AgentPlan.For(Holds(2, Old), Found(Up(true)), AgentMemory.Empty, Cluster);
        AgentStep catchUp = Assert.Single(plan.Steps, s => s is AgentStep.CatchUp);
        Assert.True(catchUp.FailureEndsLane);
        Assert.All(plan.Steps, s => Assert.Equal(catchUp.Lane, s.Lane));
    }

    private static string Steps(HostOrder order, FoundHost found, AgentMemory? memory = null) =>
        string.Join('|', AgentPlan.For(order, found, memory ?? AgentMemory.Empty, Cluster).Steps.Select(s => s switch
        {
            AgentStep.AddAddress a => $"{s.Code} {a.Address}",
            AgentStep.RemoveAddress r => $"{s.Code} {r.Address}",
            _ => s.Code,
        }));
}
