using System.Collections.Immutable;
using Mmm.Control.Monitors;
using Mmm.Control.Screens;
using Mmm.Shared.Api;

namespace Mmm.Control.Verbs;

/// <summary>
/// <c>mmm cluster list-unreachable|leave|down|down-unreachable|join</c>: the monitors as members of Akka's cluster. A change is asked of the monitor by whose view it
/// was judged; where that one takes none, of the next.
/// </summary>
internal static class ClusterVerbs
{
    public static async Task<VerbResult> ListUnreachable(Session session, CancellationToken cancel)
    {
        ManagementContracts.Members members = await session.Client.Get(ApiPaths.Members, ApiFormat.Wire.Members, cancel);
        ManagementContracts.Members unreachable = members with { All = [.. members.All.Where(m => members.Unreachable.Any(u => u.Node == m.Node))] };
        return VerbResult.Of(MembersScreen.Show(unreachable), ExitCodes.Ok, unreachable, ApiFormat.Pretty.Members);
    }

    /// <param name="address">Who leaves; null = the monitor that is asked.</param>
    /// <param name="force">Also when too few are left.</param>
    /// <param name="session">The monitors.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public static async Task<VerbResult> Leave(string? address, bool force, Session session, CancellationToken cancel)
    {
        // Without a name it is this very monitor: the next one must not leave in its place because the first is slow.
        ImmutableArray<MonitorAddress> whom = address is null ? session.Client.Monitors[..1] : session.Client.Monitors;
        MembershipView view = await MembershipView.Read(session.Client, whom, cancel);
        string node = address is null ? view.Members.SelfNode : view.NodeOf(MonitorNames.Find(address, view.Monitors));
        VerbResult result = await Remove("leave", [node], force, view, whom, session, cancel);
        return result.ExitCode == ExitCodes.Ok && view.Members.Unreachable.Any(u => u.Node == node)
            ? result with { Aside = $"Warning: {Shown(node, view)} is unreachable: it leaves when it can be reached again, or by 'mmm cluster down'." }
            : result;
    }

    public static async Task<VerbResult> Down(string address, bool force, Session session, CancellationToken cancel)
    {
        MembershipView view = await MembershipView.Read(session.Client, session.Client.Monitors, cancel);
        return await Remove("down", [view.NodeOf(MonitorNames.Find(address, view.Monitors))], force, view, session.Client.Monitors, session, cancel);
    }

    public static async Task<VerbResult> DownUnreachable(bool force, Session session, CancellationToken cancel)
    {
        MembershipView view = await MembershipView.Read(session.Client, session.Client.Monitors, cancel);
        return view.Members.Unreachable.IsEmpty
            ? Said(ExitCodes.Ok, "OK: Every member can be reached; nothing is changed.")
            : await Remove("down", [.. view.Members.Unreachable.Select(u => u.Node)], force, view, session.Client.Monitors, session, cancel);
    }

    /// <param name="address">Whose cluster.</param>
    /// <param name="session">The monitors; the first of them joins.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public static async Task<VerbResult> Join(string address, Session session, CancellationToken cancel)
    {
        ImmutableArray<MonitorAddress> whom = session.Client.Monitors[..1];
        MembershipView view = await MembershipView.Read(session.Client, whom, cancel);
        MonitorEntry target = MonitorNames.Find(address, view.Monitors);
        string self = view.Monitors.Monitor;
        if (view.NodeOf(target) == view.Members.SelfNode)
            return Said(ExitCodes.Refused, $"ERROR: {self} cannot join itself: that would begin a second cluster beside the others'. Nothing is changed.");
        if (view.Members.All.Any(m => m.Node == view.Members.SelfNode))
        {
            return view.IsMember(target)
                ? Said(ExitCodes.Ok, $"OK: {self} and {target.Name} are members of one cluster already.")
                : Said(ExitCodes.Refused, $"ERROR: {self} is a member of a cluster already, and Akka lets nobody join a second one. Restart {self}: it joins the others by itself. Nothing is changed.");
        }

        string text = await session.Client.Manage(whom, HttpMethod.Post, ApiPaths.Members, "address", view.NodeOf(target), cancel);
        return Said(ExitCodes.Ok, $"OK: {text} ({target.Name})");
    }

    private static async Task<VerbResult> Remove(
        string operation, ImmutableArray<string> nodes, bool force, MembershipView view, ImmutableArray<MonitorAddress> whom, Session session, CancellationToken cancel)
    {
        if (nodes.FirstOrDefault(n => view.Members.All.All(m => m.Node != n)) is { } stranger)
            return Said(ExitCodes.Refused, $"ERROR: {Shown(stranger, view)} is no member of the cluster that {view.Monitors.Monitor} is in. Nothing is changed.");
        if (!force && QuorumGuard.Objection(view, nodes) is { } objection)
            return Said(ExitCodes.Refused, objection);
        ImmutableArray<MonitorAddress> order = [view.AskedAt, .. whom.Where(m => m != view.AskedAt)];
        List<string> lines = [];
        foreach (string node in nodes)
        {
            try
            {
                lines.Add($"OK: {await session.Client.Manage(order, HttpMethod.Put, ApiPaths.Member(node), "operation", operation, cancel)}{Name(node, view)}");
            }
            catch (CliFailure failure) when (lines.Count > 0)
            {
                // What has been done must not be kept back.
                return Said(failure.ExitCode, string.Join('\n', [.. lines, failure.Message]));
            }
        }

        return Said(ExitCodes.Ok, string.Join('\n', lines));
    }

    private static string Shown(string node, MembershipView view) => view.MonitorAt(node)?.Name ?? node;

    private static string Name(string node, MembershipView view) => view.MonitorAt(node) is { } monitor ? $" ({monitor.Name})" : "";

    private static VerbResult Said(int exit, string text) => VerbResult.Of(text, exit, new CommandAnswer("cluster", exit == ExitCodes.Ok, text), ApiFormat.Pretty.CommandAnswer);
}
