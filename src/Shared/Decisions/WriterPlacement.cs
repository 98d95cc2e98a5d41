using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>When the active master role moves by itself, and where to (ACTIVE mode only).</summary>
public static class WriterPlacement
{
    /// <summary>An orphan goes to a host that may carry it.</summary>
    public static ClusterState FindMaster(ClusterState state)
    {
        RoleSlot slot = state.Document!.Slot(state.Writer);
        if (slot.Owner is not null || state.Document.Move is not null || Candidates.Of(state) is not [{ Host: var to }, ..] candidates)
            return state;
        string why = slot.ReleasingFrom is not { } from ? "nobody holds it"
            : state.Document.Hosts.TryGetValue(from, out HostRecord? record) ? $"host '{from}' is {StateNames.NameOf(record.State)}" : $"host '{from}' is no longer configured";
        return WriterMove.Begin(state, to, MoveCause.Failover, force: false, why + (Candidates.WhyFirst(candidates) is { } first ? $"; {first}" : ""));
    }

    /// <summary>Back to the preferred host.</summary>
    public static ClusterState ReturnToPreferred(ClusterState state)
    {
        Role role = state.Topology.Roles[state.Topology.ActiveMasterRole];
        RoleSlot slot = state.Document!.Slot(state.Writer);
        bool due = role.Prefer is { } p && state.MayReceive(p) && slot.Holder is { } holder && holder != p && state.MayReceive(holder)
            && state.QuietFor(p) == TimeSpan.Zero && state.Document.Move is null && !(state.At < state.Document.RetryMoveAfter) && Preflight.Of(state, p).Count == 0;
        return due ? WriterMove.Begin(state, role.Prefer!, MoveCause.Prefer, force: false, "it is the role's preferred host") : state;
    }

    /// <summary>What keeps the role from its preferred host, which could have it otherwise; null = nothing.</summary>
    public static string? WhyNotPreferred(ClusterState state)
    {
        ClusterDocument document = state.Document!;
        return document is { Mode: ClusterMode.Active, Move: null } && state.Topology.Roles[state.Writer.Role].Prefer is { } prefer && state.MayReceive(prefer)
            && Preflight.Of(state, prefer) is [{ } inTheWay, ..]
            ? $"role {state.Writer} is not moved to its preferred host {prefer} as long as {inTheWay.Sentence}" : null;
    }

    /// <summary>The host that gets the role when its holder is taken out; null = none may.</summary>
    public static string? Successor(ClusterState state, string holder) => Candidates.Of(state, holder) is [{ } first, ..] ? first.Host : null;
}
