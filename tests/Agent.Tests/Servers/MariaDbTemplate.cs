using System.Diagnostics;

namespace Mmm.Agent.Tests.Servers;

/// <summary>A freshly installed data directory, made once per test run and copied for every server: installing takes seconds, copying does not.</summary>
internal static class MariaDbTemplate
{
    private static readonly Lazy<Task<string>> s_folder = new(InstallAsync);

    /// <summary>Only tests that start a server need it; it is removed when the process ends.</summary>
    public static Task<string> FolderAsync() => s_folder.Value;

    public static string Program(string name) =>
        new[] { "/usr/sbin", "/usr/bin", "/usr/local/bin" }.Select(d => Path.Combine(d, name)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{name} is not installed: these tests run against a real MariaDB; ./test.sh installs it (mariadb-server)");

    private static async Task<string> InstallAsync()
    {
        string folder = Directory.CreateTempSubdirectory("mmm-mariadb-template-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var start = new ProcessStartInfo(Program("mariadb-install-db"))
        {
            ArgumentList =
            {
                "--no-defaults", $"--datadir={folder}", "--user=root", "--auth-root-authentication-method=normal", "--skip-test-db",
                "--innodb-log-file-size=8M",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process install = Process.Start(start)!;
        Task<string> output = install.StandardOutput.ReadToEndAsync();
        Task<string> errors = install.StandardError.ReadToEndAsync();
        await install.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        return install.ExitCode == 0 ? folder : throw new InvalidOperationException($"mariadb-install-db failed: {await output}\n{await errors}");
    }
}
