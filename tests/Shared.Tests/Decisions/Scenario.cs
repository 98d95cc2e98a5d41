using Mmm.Shared.Decisions;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>A move of the active master role with a fault in it, and how it must end whoever coordinates.</summary>
/// <param name="Name">For people.</param>
/// <param name="Start">What happens first.</param>
/// <param name="Then">Called after every step: reacts to how far the move is.</param>
/// <param name="Writer">Who is the active master in the end.</param>
/// <param name="Lossless">Nothing acknowledged may be missing on it.</param>
internal sealed record Scenario(string Name, Action<World> Start, Action<World> Then, string Writer, bool Lossless)
{
    public static readonly Scenario[] All =
    [
        new("planned", w => w.Say("move_role", "writer", "db2"), _ => { }, "db2", true),
        new("planned by set_offline", w => w.Say("set_offline", "db1"), _ => { }, "db2", true),
        new("mysqld of the writer crashes", w => w.Db1.CrashMysqld(), _ => { }, "db2", false),
        new("host of the writer is silent", w => w.Db1.PowerOff(), _ => { }, "db2", false),
        new("mysqld of the writer hangs", w => w.Db1.HangMysqld(), _ => { }, "db2", false),
        new("planned, candidate dies while the old holder lets go",
            w => { w.Db1.AgentStuck = true; w.Say("move_role", "writer", "db2"); },
            w =>
            {
                In(w, MovePhase.Releasing, "db2", () => w.Db2.PowerOff(), w.Db2.Power);
                w.Db1.AgentStuck &= !GivenUp(w);
            },
            "db1", true),
        new("planned, candidate dies while it takes over",
            w => { w.Db2.FailAt = "catch_up"; w.Db2.AgentStuck = true; w.Say("move_role", "writer", "db2"); },
            w => In(w, MovePhase.TakingOver, "db2", () => w.Db2.PowerOff(), w.Db2.Power), "db1", true),
        new("planned, old holder dies while it lets go",
            w => { w.Db1.AgentStuck = true; w.Say("move_role", "writer", "db2"); },
            w => In(w, MovePhase.Releasing, "db2", () => w.Db1.PowerOff(), w.Db1.Power), "db2", false),
        new("planned, old holder dies while the candidate takes over",
            w => { w.Db2.AgentStuck = true; w.Say("move_role", "writer", "db2"); },
            w =>
            {
                In(w, MovePhase.TakingOver, "db2", () => w.Db1.PowerOff(), w.Db1.Power);
                w.Db2.AgentStuck &= w.Db1.Power;
            },
            "db2", false),
        new("planned, catch-up fails", w => { w.Db2.FailAt = "catch_up"; w.Say("move_role", "writer", "db2"); }, _ => { }, "db1", true),
        new("planned, old holder cannot let go", w => { w.Db1.FailAt = "read_only"; w.Say("move_role", "writer", "db2"); }, _ => { }, "db1", true),
        // It has taken the order up that takes the address: the kernel removes it, and only its agent can show it again.
        new("planned, old holder hangs until the move is given up", w => { w.Db1.AgentStuck = true; w.Say("move_role", "writer", "db2"); },
            w => w.Db1.AgentStuck &= !GivenUp(w), "db1", true),
        new("planned, candidate hangs for ever", w => { w.Db2.AgentStuck = true; w.Say("move_role", "writer", "db2"); }, _ => { }, "db1", true),
        new("failover, catch-up fails and is forced",
            w => { w.Db2.FailAt = "catch_up"; w.Db1.PowerOff(); },
            w =>
            {
                if (w.State.Document?.Move is { Phase: MovePhase.TakingOver, Trouble: not null, Force: false } && !w.CoordinatorDown)
                    w.Say("move_role", "--force", "writer", "db2");
            },
            "db2", false),
        new("failover, candidate dies after it took over, old holder is taken back",
            w => w.Db1.CrashMysqld(),
            w =>
            {
                if (w.Db2.Power && w.Db2.Writable)
                    w.Db2.PowerOff();
                if (!w.Db2.Power && w.Db1.Mysqld == Messages.AgentProtocol.MysqldState.Down)
                    w.Db1.StartMysqld();
                // The old holder alone may lack what the candidate has: whether that is good enough, an operator decides.
                if (!w.Db2.Power && !w.CoordinatorDown && w.StateOf("db1") == HostState.AwaitingRecovery && w.StateOf("db2") == HostState.HardOffline)
                    w.Say("set_online", "db1");
            },
            "db1", false),
    ];

    public override string ToString() => Name;

    /// <summary>Over: one effective writer, no move, slaves follow, everybody has done what was asked.</summary>
    public bool Over(World w) =>
        !w.CoordinatorDown && w.Doc.Move is null && w.Hosts[Writer].EffectiveWriter && w.WriterHolder == Writer && w.Doc.ActiveMaster?.Host == Writer && w.Db3.Source == Writer;

    private static bool GivenUp(World w) => w.State.Document is { Move: null, RetryMoveAfter: not null };

    private static void In(World w, MovePhase phase, string to, Action act, bool notYet)
    {
        if (notYet && w.State.Document?.Move is { } m && m.Phase == phase && m.To == to)
            act();
    }
}
