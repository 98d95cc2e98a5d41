using System.Collections.Immutable;
using Mmm.Control.Admin;
using Mmm.Control.Screens;
using Mmm.Shared.Api;
using Mmm.Shared.Status;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Verbs;

/// <summary>The verbs MMM did not have.</summary>
internal static class MoreVerbs
{
    /// <summary>Everything on one screen; of one cluster when one is named.</summary>
    public static async Task<VerbResult> Status(Session session, CancellationToken cancel) => (await ReadStatus(session, cancel)).Result;

    /// <summary>As <see cref="Status"/>, with what was read for it.</summary>
    public static async Task<(StatusReading Status, VerbResult Result)> ReadStatus(Session session, CancellationToken cancel)
    {
        Task<MonitorsReading> monitors = Monitors(session, cancel);
        ImmutableArray<string> names = session.Cluster is null ? await session.ClusterNames(cancel) : [session.Cluster];
        (string Name, ClusterReading? Reading)[] found = await Task.WhenAll(names.Select(name => TryRead(session, name, cancel)));
        StatusReading status = new(
            await monitors,
            [.. found.Where(f => f.Reading is not null).Select(f => f.Reading!)],
            [.. found.Where(f => f.Reading is null).Select(f => f.Name)]);
        bool sound = status.Unknown.IsEmpty && status.Clusters.All(c => !c.Stale && c.Snapshot.Phase != "no_quorum");
        return (status, VerbResult.Of(
            StatusScreen.Render(status, session.Context), sound ? ExitCodes.Ok : ExitCodes.NoCoordinator, status, ApiFormat.Pretty.StatusReading));
    }

    /// <summary>The monitors as Akka's members, in the manner of <c>pbm cluster show</c>.</summary>
    public static async Task<VerbResult> ClusterShow(Session session, CancellationToken cancel)
    {
        ManagementContracts.Members members = await session.Client.Get(ApiPaths.Members, ApiFormat.Wire.Members, cancel);
        return VerbResult.Of(MembersScreen.Show(members), ExitCodes.Ok, members, ApiFormat.Pretty.Members);
    }

    /// <summary>The monitors by name: who leads, who decides, who is missing.</summary>
    public static async Task<VerbResult> ClusterStatus(Session session, CancellationToken cancel)
    {
        MonitorsReading monitors = await Monitors(session, cancel);
        int exit = monitors.Coordinator is null ? ExitCodes.NoCoordinator : ExitCodes.Ok;
        return VerbResult.Of(StatusScreen.RenderMonitors(monitors, session.Context), exit, monitors, ApiFormat.Pretty.MonitorsReading);
    }

    /// <summary>How the servers are set up, and the statements that mend what is wrong.</summary>
    /// <param name="host">One; null = all.</param>
    /// <param name="session">The monitors.</param>
    /// <param name="logins">Looks at the servers' accounts as well; null = not asked for.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public static async Task<VerbResult> CheckSetup(string? host, Session session, LoginCheck? logins, CancellationToken cancel)
    {
        ClusterReading reading = await session.Reading(cancel);
        string[] hosts = [.. reading.Snapshot.Hosts.Select(h => h.Name).Where(h => host is null || h == host)];
        if (hosts.Length == 0)
        {
            string unknown = MmmAnswers.UnknownHost(host ?? "");
            return VerbResult.Of(unknown, ExitCodes.Refused, new CommandAnswer("check-setup", false, unknown), ApiFormat.Pretty.CommandAnswer);
        }

        ImmutableArray<SetupFinding> findings = [.. (reading.Snapshot.Setup ?? []).Where(f => hosts.Contains(f.Host)), .. logins is null ? [] : await logins.OfAsync(hosts, cancel)];
        ClusterReading picked = reading with { Snapshot = reading.Snapshot with { Hosts = [.. reading.Snapshot.Hosts.Where(h => hosts.Contains(h.Name))], Setup = findings } };
        return VerbResult.Of(
            SetupScreen.Render(hosts, findings), reading.Stale ? ExitCodes.NoCoordinator : findings.Any(f => f.IsError) ? ExitCodes.Refused : ExitCodes.Ok, picked, ApiFormat.Pretty.ClusterReading,
            Session.Staleness(reading) is { } old ? $"Warning: {old}" : null);
    }

    private static Task<MonitorsReading> Monitors(Session session, CancellationToken cancel) => session.Client.Get(
        ApiPaths.Monitors, ApiFormat.Wire.MonitorsReading, m => m.Coordinator is not null, m => m.Members.Count(x => x.Reachable), cancel);

    private static async Task<(string Name, ClusterReading? Reading)> TryRead(Session session, string name, CancellationToken cancel)
    {
        try
        {
            return (name, await session.Reading(name, cancel));
        }
        catch (CliFailure failure) when (failure.ExitCode == ExitCodes.NoCoordinator)
        {
            return (name, null);
        }
    }
}
