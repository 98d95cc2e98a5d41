using System.Collections.Immutable;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Grants;

/// <summary>
/// What is wrong with the logins of a server, which only an administrator can see: agents and monitors may read their own rights and nobody else's (to read the others' takes a right to the
/// table that holds the passwords' hashes).
/// </summary>
public static class LoginRules
{
    /// <summary>Nobody who uses the role addresses comes from there.</summary>
    private static readonly ImmutableArray<string> s_local = ["localhost", "127.0.0.1", "::1"];

    /// <param name="host">Name of the server's host.</param>
    /// <param name="server">Its accounts.</param>
    /// <param name="wanted">MMM's logins and their rights; see <see cref="LeastPrivileges.Logins"/>.</param>
    public static ImmutableArray<SetupFinding> Of(string host, ServerLogins server, ImmutableArray<(string User, string Rights)> wanted) =>
        [.. wanted.SelectMany(w => OfMmm(host, server, w.User, w.Rights.Split(", "))), .. Passing(host, server, [.. wanted.Select(w => w.User)])];

    private static IEnumerable<SetupFinding> OfMmm(string host, ServerLogins server, string user, string[] rights)
    {
        ServerAccount[] own = [.. server.Accounts.Where(a => a.User == user)];
        if (own.Length == 0)
        {
            yield return new SetupFinding(host, true, "logins", $"has no login '{user}': who needs it is refused here", "-- mmm grants --apply");
            yield break;
        }

        foreach (ServerAccount account in own)
        {
            string[] missing = account.Rights.Contains("ALL PRIVILEGES") ? [] : [.. rights.Except(account.Rights)];
            if (missing.Length > 0)
                yield return new SetupFinding(host, true, "logins", $"does not give {account} what it needs: {string.Join(", ", missing)}", $"GRANT {string.Join(", ", missing)} ON *.* TO {account};");
        }
    }

    /// <summary>
    /// Those that read_only does not hold: they would write on a host that is not the active master. With super_read_only, which agents set on MySQL, there are none. (MariaDB: SUPER stands for
    /// READ_ONLY ADMIN before 10.11, by its release notes.)
    /// </summary>
    private static IEnumerable<SetupFinding> Passing(string host, ServerLogins server, ImmutableArray<string> mmms)
    {
        if (!server.Is.IsMariaDb && (server.SuperReadOnly || !server.ReadOnly))
            yield break;
        string[] passing = !server.Is.IsMariaDb ? ["CONNECTION_ADMIN", "SUPER"] : server.Is.Series < new Version(10, 11) ? ["READ_ONLY ADMIN", "SUPER"] : ["READ_ONLY ADMIN"];
        foreach (ServerAccount account in server.Accounts.Where(a => !mmms.Contains(a.User) && !s_local.Contains(a.Host)))
        {
            bool all = account.Rights.Contains("ALL PRIVILEGES");
            string[] by = all ? ["ALL PRIVILEGES"] : [.. passing.Where(account.Rights.Contains)];
            if (by.Length == 0)
                continue;
            string mend = all ? $"-- give {account} the rights that it needs in place of ALL PRIVILEGES, or let it log in from localhost only" : $"REVOKE {string.Join(", ", by)} ON *.* FROM {account};";
            yield return new SetupFinding(host, false, "read_only", $"lets {account} write also while it is read-only ({string.Join(", ", by)})", mend);
        }
    }
}
