using Akka.Actor;

namespace Mmm.Actors.Membership;

/// <summary>Why a monitor node ended itself in order to be started again by its supervisor.</summary>
public sealed class RestartReason : CoordinatedShutdown.Reason
{
    /// <summary>Another cluster of the same installation outranks this node's: <see cref="Bootstrap.GiveWay"/>.</summary>
    public static readonly RestartReason Outranked = new();

    /// <summary>This node should run the coordinator and does not: <see cref="CoordinatorWatchActor"/>.</summary>
    public static readonly RestartReason NoCoordinator = new();

    private RestartReason()
    {
    }

    /// <summary>EX_TEMPFAIL, as in docs/exit-codes.md.</summary>
    public override int ExitCode => 75;
}
