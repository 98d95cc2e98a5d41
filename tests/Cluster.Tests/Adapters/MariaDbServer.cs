using System.Diagnostics;
using MySqlConnector;
using Xunit;

namespace Mmm.Cluster.Tests.Adapters;

/// <summary>A disposable MariaDB of this machine's package, with its own data folder, on a free port of 127.0.0.1.</summary>
public sealed class MariaDbServer : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mmm-sight-");
    private Process? _process;

    public const string MonitorPassword = "sight-Secret-42";

    public int Port { get; } = Membership.TestSettings.FreePorts(1)[0];

    public int ProcessId => _process!.Id;

    public async ValueTask InitializeAsync()
    {
        string data = Path.Combine(_folder.FullName, "data");
        using Process install = Start("mariadb-install-db", "--no-defaults", $"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db", $"--user={Environment.UserName}");
        await install.WaitForExitAsync();
        Assert.True(install.ExitCode == 0, "mariadb-install-db failed");
        await StartAsync();
        await RunAsync(
            $"CREATE USER mmm_monitor@'%' IDENTIFIED BY '{MonitorPassword}'",
            "GRANT REPLICATION CLIENT, SLAVE MONITOR ON *.* TO mmm_monitor@'%'",
            $"CREATE USER powerless@'%' IDENTIFIED BY '{MonitorPassword}'");
    }

    public async Task StartAsync()
    {
        _process = Start(
            "mariadbd", "--no-defaults", $"--datadir={Path.Combine(_folder.FullName, "data")}", $"--socket={Path.Combine(_folder.FullName, "s")}", $"--port={Port}",
            "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M", "--max-connections=20", "--log-bin", "--server-id=1",
            $"--user={Environment.UserName}", $"--pid-file={Path.Combine(_folder.FullName, "pid")}");
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                await using MySqlConnection connection = await OpenAsync();
                return;
            }
            catch (MySqlException) when (!deadline.IsCancellationRequested && !_process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    public async Task<MySqlConnection> OpenAsync()
    {
        MySqlConnection connection = new($"Server=127.0.0.1;Port={Port};User=root;Pooling=false;AllowUserVariables=true");
        await connection.OpenAsync();
        return connection;
    }

    public async Task RunAsync(params string[] statements)
    {
        await using MySqlConnection connection = await OpenAsync();
        foreach (string statement in statements)
        {
            await using MySqlCommand command = new(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <param name="signal">STOP or CONT.</param>
    public async Task SignalAsync(string signal)
    {
        using Process kill = Start("kill", $"-{signal}", $"{ProcessId}");
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        _folder.Delete(recursive: true);
    }

    private static Process Start(string file, params string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
