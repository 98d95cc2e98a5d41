using System.Collections.Immutable;
using Mmm.Shared.Api;

namespace Mmm.Control.Monitors;

/// <summary>The monitors and Akka's members, both as one and the same monitor sees them.</summary>
/// <param name="AskedAt">Where that monitor was asked.</param>
/// <param name="Monitors">By their configured names.</param>
/// <param name="Members">By their Akka addresses.</param>
internal sealed record MembershipView(MonitorAddress AskedAt, MonitorsReading Monitors, ManagementContracts.Members Members)
{
    /// <summary>From the first of them that hears a coordinator, or else sees most of the others.</summary>
    /// <exception cref="CliFailure">None answers.</exception>
    public static async Task<MembershipView> Read(MonitorClient client, ImmutableArray<MonitorAddress> whom, CancellationToken cancel)
    {
        Attempt<MonitorsReading>.Answered monitors = await client.Answer(
            whom, ApiPaths.Monitors, ApiFormat.Wire.MonitorsReading, m => m.Coordinator is not null, m => m.Members.Count(x => x.Reachable), cancel);
        Attempt<ManagementContracts.Members>.Answered members = await client.Answer([monitors.Monitor], ApiPaths.Members, ApiFormat.Wire.Members, cancel);
        return new MembershipView(monitors.Monitor, monitors.Value, members.Value);
    }

    /// <summary>Akka address of a monitor, also of one that is no member.</summary>
    public string NodeOf(MonitorEntry monitor) => Members.SelfNode[..(Members.SelfNode.IndexOf('@', StringComparison.Ordinal) + 1)] + monitor.Address;

    public MonitorEntry? MonitorAt(string node) => Monitors.Members.FirstOrDefault(m => NodeOf(m) == node);

    public bool IsMember(MonitorEntry monitor) => Members.All.Any(m => m.Node == NodeOf(monitor));

    public MonitorEntry? Self => MonitorAt(Members.SelfNode);
}
