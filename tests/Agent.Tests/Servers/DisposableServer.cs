using System.Diagnostics;
using System.Globalization;
using Mmm.Shared.Grants;
using MySqlConnector;

namespace Mmm.Agent.Tests.Servers;

/// <summary>
/// A real server of its own on a loopback address, gone with everything it wrote when disposed. Has the logins of the product, with the least
/// privileges they need, and an application's.
/// </summary>
public sealed class DisposableServer : IAsyncDisposable
{
    public const string AgentUser = "mmm_agent";
    public const string AgentPassword = "agent's \\pass\"word";
    public const string MonitorUser = "mmm_monitor";
    public const string ReplicationUser = "replication";
    public const string ReplicationPassword = "repl'\\ication\"secret";
    public const string AppUser = "app";

    private static readonly string[] s_mariaDbOptions = ["--innodb-log-file-size=8M", "--slave-net-timeout=10"];
    private static readonly string[] s_mySqlOptions = ["--innodb-redo-log-capacity=16M", "--replica-net-timeout=10", "--mysqlx=0", "--secure-file-priv=NULL", "--gtid-mode=ON", "--enforce-gtid-consistency=ON"];

    private readonly int _serverId;
    private Process? _process;

    private DisposableServer(ServerKind kind, string ip, int serverId, string folder)
    {
        Kind = kind;
        Ip = ip;
        _serverId = serverId;
        Folder = folder;
    }

    public ServerKind Kind { get; }

    public string Ip { get; }

    public int Port { get; private set; }

    public string Folder { get; }

    public string Socket => Path.Combine(Folder, "mysqld.sock");

    public string PidFile => Path.Combine(Folder, "mysqld.pid");

    public int ProcessId => _process!.Id;

    /// <summary>A MariaDB.</summary>
    /// <param name="number">Makes the address (127.0.0.NUMBER) and the server id.</param>
    /// <param name="options">More options of the server.</param>
    public static Task<DisposableServer> StartAsync(int number, params string[] options) => StartAsync(ServerKind.MariaDb, number, options);

    /// <param name="kind">Family.</param>
    /// <param name="number">Makes the address (127.0.0.NUMBER) and the server id.</param>
    /// <param name="options">More options of the server.</param>
    public static async Task<DisposableServer> StartAsync(ServerKind kind, int number, params string[] options)
    {
        string template = await ServerTemplate.FolderAsync(kind);
        string folder = Directory.CreateTempSubdirectory("mmm-server-").FullName;
        var server = new DisposableServer(kind, $"127.0.0.{number}", number, folder);
        try
        {
            await RunAsync("cp", "-r", template + "/.", server.DataFolder);
            server.Port = FreePort(server.Ip);
            await server.StartAgainAsync(options);
            await server.CreateUsersAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it after <see cref="Kill"/>.</summary>
    public async Task StartAgainAsync(params string[] options)
    {
        _process?.Dispose();
        var start = new ProcessStartInfo(ServerTemplate.Program(Kind));
        foreach (string argument in (string[])
                 [
                     "--no-defaults", $"--datadir={DataFolder}", $"--socket={Socket}", $"--pid-file={PidFile}", $"--log-error={Folder}/error.log",
                     $"--bind-address={Ip}", $"--port={Port}", $"--server-id={_serverId}", "--user=root", "--log-bin=binlog", "--log-slave-updates",
                     "--innodb-buffer-pool-size=16M", "--performance-schema=off", "--innodb-flush-log-at-trx-commit=2",
                     "--skip-name-resolve", .. Kind == ServerKind.MySql ? s_mySqlOptions : s_mariaDbOptions, .. options,
                 ])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        await Eventually.TrueAsync($"the server answers at {Socket} (see {Folder}/error.log)", TimeSpan.FromSeconds(60), async () =>
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"the server ended with {_process.ExitCode}: {await File.ReadAllTextAsync($"{Folder}/error.log")}");
            try
            {
                await ExecuteAsync("SELECT 1");
                return true;
            }
            catch (MySqlException)
            {
                return false;
            }
        });
    }

    /// <summary>Runs statements as root, who may do everything.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using MySqlConnection connection = await OpenAsync("root", "");
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<string?> ScalarAsync(string sql)
    {
        await using MySqlConnection connection = await OpenAsync("root", "");
        await using var command = new MySqlCommand(sql, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>A column of SHOW SLAVE STATUS; empty when no replication is configured.</summary>
    public async Task<string> SlaveStatusAsync(string column)
    {
        await using MySqlConnection connection = await OpenAsync("root", "");
        await using var command = new MySqlCommand("SHOW SLAVE STATUS", connection);
        await using MySqlDataReader reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? Convert.ToString(reader[column], CultureInfo.InvariantCulture) ?? "" : "";
    }

    /// <summary>As an application: without any privilege that passes read_only.</summary>
    public Task<MySqlConnection> OpenAppAsync() => OpenAsync(AppUser, "app");

    public async Task<MySqlConnection> OpenAsync(string user, string password)
    {
        var builder = new MySqlConnectionStringBuilder
        {
            Server = Socket,
            ConnectionProtocol = MySqlConnectionProtocol.Unix,
            UserID = user,
            Password = password,
            Pooling = false,
            ConnectionTimeout = 5,
            DefaultCommandTimeout = 60,
            AllowUserVariables = true,
        };
        var connection = new MySqlConnection(builder.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Makes this server a running replica of another.</summary>
    public Task ReplicateAsync(DisposableServer source, string more) => ReplicateAsync(source.Ip, source.Port, more);

    /// <param name="ip">Of the source.</param>
    /// <param name="port">Of the source.</param>
    /// <param name="more">More options, in the family's own words.</param>
    public Task ReplicateAsync(string ip, int port, string more)
    {
        string source = Kind == ServerKind.MySql ? "SOURCE" : "MASTER";
        return ExecuteAsync(
            $"CHANGE {(Kind == ServerKind.MySql ? "REPLICATION SOURCE" : source)} TO {source}_HOST='{ip}', {source}_PORT={port}, {source}_USER='{ReplicationUser}', "
            + $"{source}_PASSWORD='{MySqlHelper.EscapeString(ReplicationPassword)}', {source}_CONNECT_RETRY=1, {(Kind == ServerKind.MySql ? "GET_SOURCE_PUBLIC_KEY=1, " : "")}{more}; "
            + $"START {(Kind == ServerKind.MySql ? "REPLICA" : "SLAVE")}");
    }

    public void Pause() => Signals.Send(ProcessId, Signals.Stop);

    public void Resume() => Signals.Send(ProcessId, Signals.Continue);

    /// <summary>As a crash: SIGKILL.</summary>
    public void Kill()
    {
        Signals.Send(ProcessId, Signals.Kill);
        _process!.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            Signals.Send(_process.Id, Signals.Kill);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    public string DataFolder => Path.Combine(Folder, "data");

    private async Task CreateUsersAsync()
    {
        LeastPrivileges privileges = Kind == ServerKind.MySql ? LeastPrivileges.MySql : LeastPrivileges.MariaDb;
        // Not in the binary log: every server of a test has them already.
        await ExecuteAsync(
            $"""
            SET SESSION sql_log_bin=0;
            CREATE USER '{AgentUser}'@'%' IDENTIFIED BY '{MySqlHelper.EscapeString(AgentPassword)}';
            GRANT {privileges.Agent} ON *.* TO '{AgentUser}'@'%';
            CREATE USER '{MonitorUser}'@'%' IDENTIFIED BY 'monitor';
            GRANT {privileges.Monitor} ON *.* TO '{MonitorUser}'@'%';
            CREATE USER '{ReplicationUser}'@'%' IDENTIFIED BY '{MySqlHelper.EscapeString(ReplicationPassword)}';
            GRANT {LeastPrivileges.Replication} ON *.* TO '{ReplicationUser}'@'%';
            CREATE DATABASE app;
            CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT) ENGINE=InnoDB;
            CREATE USER '{AppUser}'@'%' IDENTIFIED BY 'app';
            GRANT SELECT, INSERT, UPDATE, DELETE, LOCK TABLES, CREATE ON app.* TO '{AppUser}'@'%';
            """);
    }

    private static int FreePort(string ip)
    {
        using var probe = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Parse(ip), 0);
        probe.Start();
        return ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with {process.ExitCode}");
    }
}
