using System.Collections.Immutable;
using Mmm.Control.Verbs;
using Mmm.Shared.Api;
using Mmm.Shared.Grants;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using MySqlConnector;

namespace Mmm.Control.Admin;

/// <summary>
/// <c>mmm grants --apply</c>: makes MMM's logins, with the names and passwords of a configuration, where they are missing, and gives them what they lack. Nothing is taken from anybody, and
/// no password is changed. Every step is harmless when repeated.
/// </summary>
internal sealed class GrantsApply(ConfiguredCluster cluster, AdminLogin admin, TimeSpan timeout)
{
    public const string Unlogged = "--unlogged";

    private ImmutableArray<MysqlLogin> Logins => [cluster.Settings.MonitorUser, cluster.Settings.AgentUser, cluster.Settings.ReplicationUser];

    /// <param name="name">Name of the server's host; null = the one that takes writes.</param>
    /// <param name="unlogged">On this server only: nothing goes to the binary log.</param>
    /// <param name="cancel">Ctrl-C.</param>
    /// <exception cref="CliFailure">It cannot be done.</exception>
    public async Task<VerbResult> RunAsync(string? name, bool unlogged, CancellationToken cancel)
    {
        string[] without = [.. Logins.Where(l => l.Password.Reveal().Length == 0).Select(l => l.User)];
        if (without.Length > 0)
            throw new CliFailure(ExitCodes.Config, "config", $"ERROR: {cluster.Path} has no password of {string.Join(", ", without)}: name the configuration that has all three logins (monitor_password, agent_password, replication_password).");
        if (name is null && (unlogged || admin.Socket is not null))
            throw new CliFailure(ExitCodes.Usage, "usage", $"ERROR: {(unlogged ? Unlogged : "--socket")} is for one server: name its host.");
        Host host = name is null ? await TakesWritesAsync(cancel) : cluster.Host(name);
        await using AdminServer server = await AdminServer.OpenAsync(host, admin, timeout, cancel);
        if (server.ReadOnly && !unlogged)
        {
            throw new CliFailure(ExitCodes.Refused, "read-only", $"ERROR: {server.Name} is read-only. What is done on the server that takes writes is replicated to this one; where it is not (or nobody takes writes yet), "
                + $"'{Unlogged}' makes the logins here, and here alone. Nothing was changed.");
        }

        List<string> lines = [$"{server.Name}, {server.Version}{(unlogged ? ": not in the binary log, so here alone" : "")}"];
        bool whole = true;
        try
        {
            if (unlogged)
                await server.ExecuteAsync("SET SESSION sql_log_bin = 0", cancel);
            ServerLogins there = await server.LoginsAsync(cancel);
            foreach ((string user, string rights) in cluster.Logins(server.Version))
                lines.AddRange(await OneAsync(server, there, user, rights, cancel));
        }
        catch (MySqlException e)
        {
            whole = false;
            // A server that does not understand a statement repeats it.
            string message = Logins.Aggregate(e.Message, (text, login) => text.Replace(login.Password.Reveal(), "(secret)", StringComparison.Ordinal));
            lines.Add($"ERROR: {message}. What stands above is done; the command may be given again.");
        }

        foreach (MysqlLogin login in whole ? Logins : [])
        {
            if (await AdminServer.RefusalAsync(host, admin.Socket, login.User, login.Password.Reveal(), timeout, cancel) is not { } refusal)
                continue;
            whole = false;
            lines.Add($"ERROR: '{login.User}' with the password of {cluster.Path} is refused from here: {refusal.Message}. If it was there with another password: ALTER USER … IDENTIFIED BY …");
        }

        string text = string.Join('\n', lines);
        return VerbResult.Of(text, whole ? ExitCodes.Ok : ExitCodes.Refused, new CommandAnswer("grants", whole, text), ApiFormat.Pretty.CommandAnswer);
    }

    private async Task<IEnumerable<string>> OneAsync(AdminServer server, ServerLogins there, string user, string rights, CancellationToken cancel)
    {
        // Those that somebody has narrowed to a network stay so.
        ImmutableArray<ServerAccount> accounts = [.. there.Accounts.Where(a => a.User == user)];
        bool made = accounts.IsEmpty;
        if (made)
        {
            accounts = [new ServerAccount(user, "%", [])];
            await server.ExecuteAsync($"CREATE USER {accounts[0]} IDENTIFIED BY @password", cancel, Logins.First(l => l.User == user).Password.Reveal());
        }

        List<string> lines = [];
        foreach (ServerAccount account in accounts)
        {
            string[] missing = account.Rights.Contains("ALL PRIVILEGES") ? [] : [.. rights.Split(", ").Except(account.Rights)];
            if (missing.Length > 0)
                await server.ExecuteAsync($"GRANT {string.Join(", ", missing)} ON *.* TO {account}", cancel);
            lines.Add($"  {account}: {(made ? "made" : "was there")}, {(missing.Length == 0 ? "lacks nothing" : "given " + string.Join(", ", missing))}");
        }

        return lines;
    }

    private async Task<Host> TakesWritesAsync(CancellationToken cancel)
    {
        (Host Host, bool? Writes, string? Failure)[] looked = await Task.WhenAll(cluster.Hosts.Select(async host =>
        {
            try
            {
                await using AdminServer server = await AdminServer.OpenAsync(host, admin, timeout, cancel);
                return (host, (bool?)!server.ReadOnly, (string?)null);
            }
            catch (CliFailure failure)
            {
                return (host, null, failure.Message);
            }
        }));
        Host[] writers = [.. looked.Where(l => l.Writes == true).Select(l => l.Host)];
        if (writers is [var writer])
            return writer;
        string failures = string.Concat(looked.Where(l => l.Failure is not null).Select(l => $"\n{l.Failure}"));
        throw new CliFailure(ExitCodes.Refused, "no-writer", writers.Length > 1
            ? $"ERROR: {string.Join(", ", writers.Select(w => w.Name))} take writes: name the one whose binary log the others replicate. Nothing was changed."
            : $"ERROR: None of {string.Join(", ", cluster.Hosts.Select(h => h.Name))} is seen to take writes: name the server, with '{Unlogged}' where it is read-only. Nothing was changed.{failures}");
    }
}
