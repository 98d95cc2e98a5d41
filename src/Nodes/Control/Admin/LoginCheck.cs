using System.Collections.Immutable;
using Mmm.Shared.Grants;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Admin;

/// <summary>What <c>mmm check-setup --logins</c> sees beyond the agents: the accounts of each server, with an administrator's login.</summary>
internal sealed class LoginCheck(ConfiguredCluster cluster, AdminLogin admin, TimeSpan timeout)
{
    /// <param name="hosts">Names of those to look at.</param>
    /// <param name="cancel">Ctrl-C.</param>
    /// <exception cref="CliFailure">One server's socket, and several hosts.</exception>
    public async Task<ImmutableArray<SetupFinding>> OfAsync(IReadOnlyCollection<string> hosts, CancellationToken cancel) => admin.Socket is not null && hosts.Count > 1
        ? throw new CliFailure(ExitCodes.Usage, "usage", "ERROR: --socket is for one server: name its host.")
        : [.. (await Task.WhenAll(hosts.Select(h => OneAsync(h, cancel)))).SelectMany(f => f)];

    private async Task<ImmutableArray<SetupFinding>> OneAsync(string host, CancellationToken cancel)
    {
        try
        {
            await using AdminServer server = await AdminServer.OpenAsync(cluster.Host(host), admin, timeout, cancel);
            return LoginRules.Of(host, await server.LoginsAsync(cancel), cluster.Logins(server.Version));
        }
        catch (CliFailure failure)
        {
            return [new SetupFinding(host, true, "not_checked", $"has logins that were not checked: {failure.Message["ERROR: ".Length..]}", null)];
        }
    }
}
