using System.Diagnostics;

namespace Mmm.Agent.Tests.Servers;

/// <summary>The families of servers that an agent handles.</summary>
public enum ServerKind
{
    /// <summary>This machine's own package.</summary>
    MariaDb,

    /// <summary>As <c>.ci/servers.sh mysql-9.7</c> fetches it.</summary>
    MySql,
}

/// <summary>A freshly installed data directory, made once per test run and copied for every server: installing takes seconds, copying does not.</summary>
internal static class ServerTemplate
{
    private static readonly Lazy<Task<string>> s_mariaDb = new(() => InstallAsync(
        [MariaDb("mariadb-install-db"), "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=8M"]));

    private static readonly Lazy<Task<string>> s_mySql = new(() => InstallAsync(
        [MySql, "--no-defaults", "--initialize-insecure", "--innodb-buffer-pool-size=24M", "--innodb-redo-log-capacity=16M", "--performance-schema=0", "--secure-file-priv=NULL"]));

    /// <summary>Only tests that start a server need it; it is removed when the process ends.</summary>
    public static Task<string> FolderAsync(ServerKind kind) => kind == ServerKind.MySql ? s_mySql.Value : s_mariaDb.Value;

    public static string Program(ServerKind kind) => kind == ServerKind.MySql ? MySql : MariaDb("mariadbd");

    private static string MySql
    {
        get
        {
            string folder = Path.Combine(Environment.GetEnvironmentVariable("MMM_SERVERS") is { Length: > 0 } set ? set : "/var/cache/mmm-servers", "mysql-9.7/root/usr/sbin/mysqld");
            return File.Exists(folder) ? folder : throw new InvalidOperationException($"{folder} is not there: these tests run against a real MySQL; ./test.sh fetches it (.ci/servers.sh mysql-9.7)");
        }
    }

    private static string MariaDb(string name) =>
        new[] { "/usr/sbin", "/usr/bin", "/usr/local/bin" }.Select(d => Path.Combine(d, name)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{name} is not installed: these tests run against a real MariaDB; ./test.sh installs it (mariadb-server)");

    private static async Task<string> InstallAsync(string[] command)
    {
        string folder = Directory.CreateTempSubdirectory("mmm-server-template-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var start = new ProcessStartInfo(command[0], [.. command[1..], $"--datadir={folder}", "--user=root"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process install = Process.Start(start)!;
        Task<string> output = install.StandardOutput.ReadToEndAsync();
        Task<string> errors = install.StandardError.ReadToEndAsync();
        await install.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        // Each MySQL server makes a UUID of its own.
        File.Delete(Path.Combine(folder, "auto.cnf"));
        return install.ExitCode == 0 ? folder : throw new InvalidOperationException($"{command[0]} failed: {await output}\n{await errors}");
    }
}
