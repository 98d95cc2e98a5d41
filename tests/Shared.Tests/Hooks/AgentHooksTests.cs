using Mmm.Shared.Hooks;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Hooks;

public sealed class AgentHooksTests
{
    private static readonly RoleAddress s_writer = new("writer", "10.0.0.50"), s_reader = new("reader", "10.0.0.51");

    [Fact]
    public void What_is_seen_first_is_no_change()
    {
        Assert.Empty(AgentHooks.Nothing.See([s_writer]).Told);
        Assert.Empty(AgentHooks.Nothing.See(MysqldState.Up, readOnly: false).Told);
        Assert.Empty(AgentHooks.Nothing.See(MysqldState.Down, null).Told);
    }

    [Fact]
    public void Addresses_that_have_gone_are_told_before_those_that_have_come()
    {
        AgentHookStep step = AgentHooks.Nothing.See([s_writer]).Next.See([s_reader]);
        Assert.Equal([("role_removed", s_writer), ("role_added", s_reader)], step.Told.Select(t => (t.Name, t.Address!)));
        Assert.Empty(step.Next.See([s_reader]).Told);
    }

    [Theory]
    [InlineData("rw ro", "writer_off")]
    [InlineData("ro rw", "writer_on")]
    [InlineData("ro ro rw rw ro", "writer_on writer_off")]
    [InlineData("rw down", "writer_off mysqld_down")]
    [InlineData("ro down ro", "mysqld_down mysqld_up")]
    [InlineData("rw down ro rw", "writer_off mysqld_down mysqld_up writer_on")]
    [InlineData("rw silent rw", "")]
    [InlineData("rw silent down", "writer_off mysqld_down")]
    [InlineData("silent ro rw", "writer_on")]
    [InlineData("unknown down rw", "mysqld_up writer_on")]
    [InlineData("ro unasked rw", "writer_on")]
    public void Looks_at_mysqld(string looks, string told)
    {
        AgentHooks known = AgentHooks.Nothing;
        var names = new List<string>();
        foreach (string look in looks.Split(' '))
        {
            AgentHookStep step = look switch
            {
                "rw" => known.See(MysqldState.Up, false),
                "ro" => known.See(MysqldState.Up, true),
                "unasked" => known.See(MysqldState.Up, null),
                "down" => known.See(MysqldState.Down, null),
                "silent" => known.See(MysqldState.NotAnswering, null),
                _ => known.See(MysqldState.Unknown, null),
            };
            known = step.Next;
            names.AddRange(step.Told.Select(t => t.Name));
        }

        Assert.Equal(told, string.Join(' ', names));
        Assert.All(names, n => Assert.Contains(n, AgentHooks.Names));
    }

    [Fact]
    public void Names_are_listed_once() => Assert.Equal(AgentHooks.Names.Length, AgentHooks.Names.Distinct().Count());
}
