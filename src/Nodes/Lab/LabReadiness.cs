using Mmm.Shared.Messages;

namespace Mmm.Lab;

/// <summary>When a lab counts as ready: what the monitors say and what the machines show agree.</summary>
public static class LabReadiness
{
    /// <summary>Null when everything is as it should be; else the first thing that is not.</summary>
    public static async Task<string?> WhyNotAsync(LabCluster lab, CancellationToken ct)
    {
        if (await lab.Http.FreshestAsync(ct) is not { } reading)
            return "no monitor shows the cluster yet";
        StatusProtocol.ClusterSnapshot snapshot = reading.Snapshot;
        if (snapshot.Phase != "serving")
            return $"the coordinator on {snapshot.Coordinator} is in phase '{snapshot.Phase}'";
        foreach (StatusProtocol.HostView host in snapshot.Hosts)
        {
            if (host.State != "ONLINE")
                return $"{host.Name} is {host.State}: {host.Reason}";
            if (!host.AgentReachable)
                return $"the agent on {host.Name} is not reachable";
        }

        if (snapshot.Move is { } move)
            return $"a move of '{move.Role}' is under way: {move.Sentence}";
        ILookup<string, string> holders = await lab.AddressHoldersAsync(ct);
        foreach (StatusProtocol.RoleView role in snapshot.Roles)
        {
            if (role.Owner is null)
                return $"{role.Address} has no owner";
            if (!holders[role.Address.Ip].SequenceEqual([role.Owner]))
                return $"{role.Address} should be on {role.Owner} and is on {string.Join(", ", holders[role.Address.Ip].DefaultIfEmpty("no host"))}";
        }

        foreach (LabHost host in lab.Plan.DatabaseHosts)
        {
            if (await lab.Server(host.Name).IsReadOnlyAsync(ct) != (host.Name != snapshot.ActiveMaster))
                return $"{host.Name} is {(host.Name == snapshot.ActiveMaster ? "the active master but read-only" : "writable but not the active master")}";
        }

        return null;
    }

    public static async Task WaitAsync(LabCluster lab, TimeSpan deadline, CancellationToken ct)
    {
        string? why = null;
        await Wait.UntilAsync("the lab is ready", deadline, async c => (why = await WhyNotSafeAsync(lab, c)) is null, TimeSpan.FromMilliseconds(100), () => Task.FromResult($"Last seen: {why}."), ct);
    }

    /// <summary>As <see cref="WaitAsync"/>, for as long as it may take on a busy machine; ends at once when one of the lab's programs does.</summary>
    public static async Task WaitPatientlyAsync(LabCluster lab, CancellationToken ct)
    {
        string? why = null;
        ProgramWatch watch = await ProgramWatch.BeginAsync(lab, ct);
        await Wait.UntilAsync("the lab is ready", ProgramWatch.Patience, async c =>
        {
            await watch.CheckAsync(c);
            return (why = await WhyNotSafeAsync(lab, c)) is null;
        }, TimeSpan.FromMilliseconds(100), () => Task.FromResult($"Last seen: {why}."), ct);
    }

    private static async Task<string?> WhyNotSafeAsync(LabCluster lab, CancellationToken ct)
    {
        try
        {
            return await WhyNotAsync(lab, ct);
        }
        catch (MySqlConnector.MySqlException e)
        {
            return "a server does not answer: " + e.Message;
        }
    }
}
